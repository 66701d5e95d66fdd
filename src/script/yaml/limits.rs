//! How much a script may be: what is more is an attack or a mistake, and must end quickly.

/// Bounds of a file.
#[derive(Clone, Copy, Debug)]
pub(in crate::script) struct Limits {
    /// Bytes.
    pub(in crate::script) bytes: usize,
    /// Lists and mappings within each other.
    pub(in crate::script) depth: usize,
    /// Values.
    pub(in crate::script) nodes: usize,
    /// Values that aliases stand for.
    pub(in crate::script) aliased: usize,
    /// Bytes of texts that aliases stand for.
    pub(in crate::script) aliased_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 32 << 20, depth: 64, nodes: 1_000_000, aliased: 100_000, aliased_bytes: 32 << 20 }
    }
}
