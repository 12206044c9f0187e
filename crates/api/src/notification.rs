//! The kind of Flux's group `notification.toolkit.fluxcd.io` that is served here. Alerts and Providers are
//! notification-controller's alone.

pub mod receiver;
