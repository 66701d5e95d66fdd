//! What `profiles` answers, for people.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::Palette;
use crate::view::{CheckedView, ProfileSummary, ProfileView, ProfilesView};
use crate::znode::text::{count, sanitise};

fn write_row(cells: &[(&str, usize)], last: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::new();
    for (cell, width) in cells {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + 2));
    }
    line.push_str(last);
    writeln!(out, "{}", line.trim_end())
}

pub(super) fn list(view: &ProfilesView, palette: Palette, out: &mut dyn Write) -> io::Result<()> {
    let server = |profile: &ProfileSummary| profile.server.clone().unwrap_or_else(|| "-".to_owned());
    let names = view.profiles.iter().map(|profile| profile.name.width()).max().unwrap_or(0);
    let servers = view.profiles.iter().map(|profile| server(profile).width()).max().unwrap_or(0);
    for profile in &view.profiles {
        let mut words = Vec::new();
        words.extend(profile.chosen.then(|| "in use".to_owned()));
        words.extend((view.default.as_ref() == Some(&profile.name)).then(|| "default".to_owned()));
        words.extend(profile.production.then(|| palette.error().paint("production").to_string()));
        words.extend(profile.read_only.then(|| "read-only".to_owned()));
        if !profile.protected.is_empty() {
            words.push(count(profile.protected.len(), "protected path"));
        }
        write_row(&[(&profile.name, names), (&server(profile), servers)], &words.join(", "), out)?;
    }
    Ok(())
}

pub(super) fn show(view: &ProfileView, palette: Palette, out: &mut dyn Write) -> io::Result<()> {
    let keys = view.settings.iter().map(|setting| setting.key.width()).max().unwrap_or(0);
    let values: Vec<_> = view.settings.iter().map(|setting| sanitise(&setting.value, false)).collect();
    let widest = values.iter().map(|value| value.width()).max().unwrap_or(0);
    for (setting, value) in view.settings.iter().zip(&values) {
        let from = palette.dim().paint(setting.from).to_string();
        write_row(&[(setting.key, keys), (value, widest)], &from, out)?;
    }
    Ok(())
}

pub(super) fn check(view: &CheckedView, palette: Palette, out: &mut dyn Write) -> io::Result<()> {
    let Some(file) = &view.file else {
        return writeln!(out, "neither XDG_CONFIG_HOME nor HOME says where the configuration file is");
    };
    for problem in &view.problems {
        let place = format!("{file}:{}:{}:", problem.line, problem.column);
        writeln!(out, "{} {}", palette.label().paint(place), sanitise(&problem.message, true))?;
        for line in problem.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
            writeln!(out, "  {}", sanitise(line, false))?;
        }
        if let Some(hint) = &problem.hint {
            writeln!(out, "  {}", palette.hint().paint(sanitise(hint, false)))?;
        }
    }
    match view.problems.len() {
        _ if !view.exists => writeln!(out, "{file}: there is no such file, and none is needed")?,
        0 => writeln!(out, "{file}: {}, nothing wrong", count(view.profiles.len(), "profile"))?,
        problems => writeln!(out, "{file}: {}", count(problems, "problem"))?,
    }
    for connection in &view.connections {
        let profile = &connection.profile;
        let server = connection.server.as_deref().unwrap_or_default();
        match (&connection.connected, &connection.error) {
            (_, Some(error)) => {
                let error = sanitise(error, true);
                writeln!(out, "{}: {}", profile, palette.error().paint(error))?;
            }
            (Some(answered), None) if answered != server => {
                writeln!(out, "{profile}: {server} answers ({answered})")?;
            }
            (_, None) => writeln!(out, "{profile}: {server} answers")?,
        }
    }
    Ok(())
}
