//! The async runtime of one command. It is made when a command needs it, and by nobody else.

use crate::error::CliError;

/// Runs a command's future to its end, on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::cluster(format!("the async runtime does not start: {error}")))?;
    let result = runtime.block_on(future);
    // A name that is still being resolved cannot be cancelled, and must not be waited for.
    runtime.shutdown_background();
    result
}
