//! What images are made of, and for which platforms. How they are made stands beside.

use anyhow::{Context as _, Result};

/// A program that is shipped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Product {
    /// Of the program and its image.
    pub(crate) name: &'static str,
    /// The crate that it is built from.
    pub(crate) package: &'static str,
    /// What its image says of itself.
    pub(crate) description: &'static str,
}

/// The command line's name: it is released as a program, too.
pub(crate) const COMMAND_LINE: &str = "flyball";

/// All of them.
pub(crate) const PRODUCTS: [Product; 4] = [
    Product {
        name: "source-controller",
        package: "source-controller",
        description: "Turns Git repositories into verified, deterministic artifacts",
    },
    Product {
        name: "kustomize-controller",
        package: "kustomize-controller",
        description: "Builds, applies, prunes and heals what an artifact declares",
    },
    Product {
        name: "health-controller",
        package: "health-controller",
        description: "Says of everything that was applied whether it works, and why not",
    },
    Product { name: COMMAND_LINE, package: "cli", description: "Flyball's command line" },
];

/// A platform that is built for: always Linux, always glibc, linked statically.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Rust's name.
    pub(crate) triple: &'static str,
    /// OCI's name.
    pub(crate) architecture: &'static str,
    /// First part of the names of GNU's tools.
    tools: &'static str,
}

/// All of them.
pub(crate) const TARGETS: [Target; 2] = [
    Target { triple: "x86_64-unknown-linux-gnu", architecture: "amd64", tools: "x86_64-linux-gnu" },
    Target { triple: "aarch64-unknown-linux-gnu", architecture: "arm64", tools: "aarch64-linux-gnu" },
];

impl Target {
    /// The one of this machine.
    pub(crate) fn host() -> Result<&'static Self> {
        TARGETS
            .iter()
            .find(|target| target.is_native())
            .with_context(|| format!("no images are made for {}", std::env::consts::ARCH))
    }

    /// Whether this machine is one.
    pub(crate) fn is_native(&self) -> bool {
        self.triple.starts_with(&format!("{}-", std::env::consts::ARCH))
    }

    /// The name of GNU's `gcc`, `objcopy` and so on for it.
    pub(crate) fn tool(&self, name: &str) -> String {
        if self.is_native() { name.to_owned() } else { format!("{}-{name}", self.tools) }
    }
}
