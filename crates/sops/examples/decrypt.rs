//! `decrypt INPUT-FORMAT OUTPUT-FORMAT KEY-FILE... < encrypted > plain`, to compare with `sops decrypt`.

use std::io::{Read as _, Write as _};

use sops::{Format, Formats, Keys, Options};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut format = || match arguments.next().as_deref() {
        Some("yaml") => Format::Yaml,
        Some("json") => Format::Json,
        Some("dotenv") => Format::Dotenv,
        Some("ini") => Format::Ini,
        _ => Format::Binary,
    };
    let formats = Formats { input: format(), output: format() };
    let mut keys = Keys::default();
    for name in arguments {
        keys.import(&name, &std::fs::read(&name)?)?;
    }
    let mut data = Vec::new();
    std::io::stdin().read_to_end(&mut data)?;
    let plain = sops::decrypt(&data, formats, &[&keys], &Options::default()).await?;
    std::io::stdout().write_all(&plain)?;
    Ok(())
}
