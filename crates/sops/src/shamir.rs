//! Shamir's secret sharing over GF(256), as HashiCorp's Vault and sops write shares: the values, then one byte with the
//! place they were taken at. Splitting is only for tests.

/// What is wrong with a set of shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// One share says nothing.
    #[error("less than two parts cannot be used to reconstruct the secret")]
    TooFew,
    /// A share without a value.
    #[error("parts must be at least two bytes")]
    TooShort,
    /// Shares of different secrets.
    #[error("all parts must be the same length")]
    Lengths,
    /// The same share twice.
    #[error("duplicate part detected")]
    Duplicate,
}

/// Multiplication modulo x⁸ + x⁴ + x³ + x + 1, without branches on what is multiplied.
fn mul(a: u8, b: u8) -> u8 {
    (0..8).rev().fold(0u8, |product, bit| {
        let doubled = (product << 1) ^ (0x1b & 0u8.wrapping_sub(product >> 7));
        doubled ^ (a & 0u8.wrapping_sub((b >> bit) & 1))
    })
}

/// The inverse is the 254th power: 254 has every bit but the lowest.
fn inverse(a: u8) -> u8 {
    let (power, _) = (0..7).fold((1u8, a), |(power, square), _| {
        let square = mul(square, square);
        (mul(power, square), square)
    });
    power
}

/// Puts shares together. With fewer than were asked for when it was split, the result is noise.
pub(crate) fn combine<'a>(
    shares: &'a [impl AsRef<[u8]> + 'a],
) -> Result<zeroize::Zeroizing<Vec<u8>>, ShareError> {
    if shares.len() < 2 {
        return Err(ShareError::TooFew);
    }
    let mut points = Vec::with_capacity(shares.len());
    let mut length = None;
    for share in shares {
        let Some((place, values)) = share.as_ref().split_last() else { return Err(ShareError::TooShort) };
        if values.is_empty() {
            return Err(ShareError::TooShort);
        }
        if *length.get_or_insert(values.len()) != values.len() {
            return Err(ShareError::Lengths);
        }
        if points.iter().any(|(other, _)| other == place) {
            return Err(ShareError::Duplicate);
        }
        points.push((*place, values));
    }
    let mut secret = zeroize::Zeroizing::new(vec![0u8; length.unwrap_or_default()]);
    for (i, (place, values)) in points.iter().enumerate() {
        // Lagrange's polynomial at 0; subtraction is the same as addition here.
        let weight = points
            .iter()
            .enumerate()
            .filter(|(j, _)| *j != i)
            .fold(1u8, |weight, (_, (other, _))| mul(weight, mul(*other, inverse(place ^ other))));
        for (byte, value) in secret.iter_mut().zip(*values) {
            *byte ^= mul(*value, weight);
        }
    }
    Ok(secret)
}

#[cfg(test)]
mod tests;
