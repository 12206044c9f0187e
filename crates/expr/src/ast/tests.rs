//! What the parts of an expression take: one comparison has seven of them.

use super::{Call, Kind, Literal, Node, Step, StepKind};

#[test]
#[cfg(target_pointer_width = "64")]
fn parts_are_small() {
    let sizes = [
        ("Node", size_of::<Node>(), 40),
        ("Kind", size_of::<Kind>(), 32),
        ("Literal", size_of::<Literal>(), 24),
        ("Step", size_of::<Step>(), 48),
        ("StepKind", size_of::<StepKind>(), 40),
        ("Call", size_of::<Call>(), 64),
    ];
    for (part, size, most) in sizes {
        assert!(size <= most, "{part} takes {size} bytes");
    }
}
