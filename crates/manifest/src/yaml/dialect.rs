//! The two dialects.

/// Which rules give plain scalars their type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// YAML 1.1 as `sigs.k8s.io/yaml` (go-yaml v2) reads it: `yes` is a boolean, of duplicate keys the last wins, keys
    /// that are numbers or booleans become text.
    V2,
    /// go-yaml v3 as kustomize reads resources: `yes` is a string, dates become timestamps, duplicate keys and keys that
    /// are not strings are errors.
    V3,
}
