//! What Flux's kinds say of their runs: which of them can be asked for one, by what an object says that it is done, and
//! how one object is followed until then. Shared by the commands that ask for a run or switch runs off and on.
//!
//! ```text
//! object ─▶ kinds (may it be asked?) ─▶ asking: patch ─▶ follow (a watch) ─▶ settled (pure) ─▶ told
//! ```

mod asking;
mod follow;
mod kinds;
mod settled;
mod told;

pub(crate) use asking::Asking;
pub(crate) use kinds::{Standing, can_be_suspended, is_suspended, source_of, standing, suspension};
pub(crate) use settled::{after_request, after_resume};
pub(crate) use told::{End, Told};
