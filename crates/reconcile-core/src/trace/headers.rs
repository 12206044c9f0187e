//! The file of headers: `Name: value`, one a line, as in HTTP itself. Lines that are empty or begin with `#` say nothing.

use http::{HeaderMap, HeaderName, HeaderValue};

#[cfg(test)]
mod tests;

/// Reads the file's text. An error names the line, never what stands in it.
pub(super) fn parse(text: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let header = line.split_once(':').and_then(|(name, value)| {
            let name: HeaderName = name.trim().parse().ok()?;
            let mut value: HeaderValue = value.trim().parse().ok()?;
            value.set_sensitive(true);
            Some((name, value))
        });
        let Some((name, value)) = header else { return Err(format!("line {} is no header", index + 1)) };
        headers.insert(name, value);
    }
    Ok(headers)
}
