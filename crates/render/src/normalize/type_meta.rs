//! What an object says that it is.

/// Group, version and kind of the object at hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct TypeMeta<'v> {
    pub(super) group: &'v str,
    pub(super) version: &'v str,
    pub(super) kind: &'v str,
}

impl TypeMeta<'_> {
    pub(super) fn is_secret(self) -> bool {
        (self.group, self.version, self.kind) == ("", "v1", "Secret")
    }

    pub(super) fn is_definition(self) -> bool {
        self.group == "apiextensions.k8s.io" && self.kind.eq_ignore_ascii_case("CustomResourceDefinition")
    }

    /// Flux leaves these alone, because the round trip would reset their rules.
    pub(super) fn is_role(self) -> bool {
        (self.group, self.version) == ("rbac.authorization.k8s.io", "v1")
            && matches!(self.kind, "Role" | "ClusterRole")
    }
}
