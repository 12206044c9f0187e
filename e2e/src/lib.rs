//! Tests that need a real control plane live in `tests/it`; nothing ships from here.
