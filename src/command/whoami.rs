use clap::Args;

use super::{Context, failure};
use crate::error::Result;
use crate::view::{IdentitiesView, Identity, View};

/// Show the identities this session acts with (servers from 3.7)
#[derive(Debug, Args)]
pub struct WhoAmI {}

impl WhoAmI {
    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let list = cx
            .store
            .identities()
            .await
            .map_err(|failure| failure::error(failure, "ask for", "the identities of this session"))?;
        let identities = list.into_iter().map(|(scheme, user)| Identity { scheme, user }).collect();
        cx.out.value(View::Identities(IdentitiesView { identities })).await
    }
}
