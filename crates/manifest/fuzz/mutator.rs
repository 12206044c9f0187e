//! Texts for the seeded runs: seeds, changed at random places by bytes, words of a dictionary and parts of other seeds. The
//! same seeds always give the same texts. What is checked with them is not known here.

use std::path::Path;

/// A source of texts.
pub struct Mutator {
    state: u64,
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
}

impl Mutator {
    /// Reads the seeds, which are the files of a folder, and a dictionary in libFuzzer's form.
    pub fn new(seeds: &Path, dictionary: &Path) -> Self {
        let mut files: Vec<_> = std::fs::read_dir(seeds)
            .expect("a folder of seeds")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        let seeds: Vec<_> = files.iter().map(|path| std::fs::read(path).expect("a seed")).collect();
        assert!(!seeds.is_empty(), "no seeds");
        let dictionary = std::fs::read_to_string(dictionary).expect("a dictionary");
        let words: Vec<_> = dictionary.lines().filter_map(word).collect();
        assert!(!words.is_empty(), "no words");
        Self { state: 0x9e37_79b9_7f4a_7c15, seeds, words }
    }

    /// The seeds as they are.
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        self.seeds.clone()
    }

    /// The next text, of at most 4 KiB.
    pub fn next(&mut self) -> Vec<u8> {
        let mut text = self.seed();
        for _ in 0..=self.below(5) {
            self.change(&mut text);
        }
        text.truncate(4096);
        text
    }

    fn change(&mut self, text: &mut Vec<u8>) {
        let start = self.below(text.len() + 1);
        let end = (start + self.below(12)).min(text.len());
        let new = match self.below(8) {
            0 => vec![],
            1 => vec![u8::try_from(self.below(256)).unwrap_or_default()],
            2 => text.get(start..end).unwrap_or_default().repeat(2),
            3 => self.line(),
            4 => {
                let from = self.below(text.len() + 1);
                text.get(from..(from + 40).min(text.len())).unwrap_or_default().to_vec()
            }
            _ => {
                let word = self.below(self.words.len());
                self.words.get(word).cloned().unwrap_or_default()
            }
        };
        // Most changes insert; some replace.
        let end = if self.below(3) == 0 { end } else { start };
        text.splice(start..end, new);
    }

    fn seed(&mut self) -> Vec<u8> {
        let seed = self.below(self.seeds.len());
        self.seeds.get(seed).cloned().unwrap_or_default()
    }

    fn line(&mut self) -> Vec<u8> {
        let seed = self.seed();
        let lines: Vec<&[u8]> = seed.split_inclusive(|byte| *byte == b'\n').collect();
        let line = self.below(lines.len().max(1));
        lines.get(line).copied().unwrap_or_default().to_vec()
    }

    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).unwrap_or_default() % limit
    }
}

/// A line of a dictionary: a text in quotes with `\x0a`, `\\` and `\"`.
fn word(line: &str) -> Option<Vec<u8>> {
    let quoted = line.trim().strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::new();
    let mut rest = quoted.bytes();
    while let Some(byte) = rest.next() {
        match (byte, if byte == b'\\' { rest.next() } else { None }) {
            (_, Some(b'x')) => {
                let digits = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            (_, Some(escaped)) => bytes.push(escaped),
            (byte, None) => bytes.push(byte),
        }
    }
    Some(bytes)
}
