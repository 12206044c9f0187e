//! Sorting as Go 1.26's `sort.Sort` does it, swap by swap: where the order asked for contradicts itself, the outcome
//! depends on the procedure, and Rust's own sorting may panic. Which order is asked for, the users know: the keys of maps
//! here, kustomize's legacy order in the engine.

/// Sorts in place; `less` may be no order at all.
pub fn go_sort<T>(items: &mut [T], less: impl Fn(&T, &T) -> bool) {
    let end = items.len();
    let limit = bits(end);
    Sorter { items, less }.quick(0, end, limit);
}

/// Longest part that is sorted by insertion.
const INSERTION: usize = 12;
/// From this length on more places are looked at for a pivot, and few misplaced items are moved by hand.
const LONG: usize = 50;
/// Items moved by hand at most.
const STEPS: usize = 5;

fn bits(number: usize) -> u32 {
    usize::BITS - number.leading_zeros()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    Unknown,
    Increasing,
    Decreasing,
}

struct Sorter<'a, T, F> {
    items: &'a mut [T],
    less: F,
}

impl<T, F: Fn(&T, &T) -> bool> Sorter<'_, T, F> {
    fn less(&self, a: usize, b: usize) -> bool {
        match (self.items.get(a), self.items.get(b)) {
            (Some(a), Some(b)) => (self.less)(a, b),
            _ => false,
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        if a.max(b) < self.items.len() {
            self.items.swap(a, b);
        }
    }

    fn quick(&mut self, mut start: usize, mut end: usize, mut limit: u32) {
        let (mut balanced, mut partitioned) = (true, true);
        loop {
            let length = end - start;
            if length <= INSERTION {
                return self.insertion(start, end);
            }
            if limit == 0 {
                return self.heap(start, end);
            }
            if !balanced {
                self.break_patterns(start, length);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.pivot(start, length);
            if hint == Hint::Decreasing {
                if let Some(part) = self.items.get_mut(start..end) {
                    part.reverse();
                }
                pivot = (end - 1) - (pivot - start);
                hint = Hint::Increasing;
            }
            if balanced && partitioned && hint == Hint::Increasing && self.nearly_sorted(start, end) {
                return;
            }
            if start > 0 && !self.less(start - 1, pivot) {
                start = self.partition_equal(start, end, pivot);
                continue;
            }
            let (middle, already) = self.partition(start, end, pivot);
            partitioned = already;
            let (left, right) = (middle - start, end - middle);
            balanced = left.min(right) >= length / 8;
            if left < right {
                self.quick(start, middle, limit);
                start = middle + 1;
            } else {
                self.quick(middle + 1, end, limit);
                end = middle;
            }
        }
    }

    fn insertion(&mut self, start: usize, end: usize) {
        for i in start + 1..end {
            let mut j = i;
            while j > start && self.less(j, j - 1) {
                self.swap(j, j - 1);
                j -= 1;
            }
        }
    }

    fn heap(&mut self, start: usize, end: usize) {
        let length = end - start;
        for root in (0..=(length - 1) / 2).rev() {
            self.sift(root, length, start);
        }
        for last in (0..length).rev() {
            self.swap(start, start + last);
            self.sift(0, last, start);
        }
    }

    fn sift(&mut self, mut root: usize, length: usize, start: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= length {
                return;
            }
            if child + 1 < length && self.less(start + child, start + child + 1) {
                child += 1;
            }
            if !self.less(start + root, start + child) {
                return;
            }
            self.swap(start + root, start + child);
            root = child;
        }
    }

    /// Goes inwards from both ends, swapping what is on the wrong side of the first item; tells where they met and whether anything was swapped.
    fn sides(&mut self, start: usize, end: usize, left: impl Fn(&Self, usize) -> bool) -> (usize, bool) {
        // `high` is one past the item looked at.
        let (mut low, mut high) = (start + 1, end);
        let mut swapped = false;
        loop {
            while low < high && left(self, low) {
                low += 1;
            }
            while low < high && !left(self, high - 1) {
                high -= 1;
            }
            if low >= high {
                return (low, swapped);
            }
            self.swap(low, high - 1);
            swapped = true;
            low += 1;
            high -= 1;
        }
    }

    fn partition(&mut self, start: usize, end: usize, pivot: usize) -> (usize, bool) {
        self.swap(start, pivot);
        let (low, swapped) = self.sides(start, end, |sorter, i| sorter.less(i, start));
        self.swap(low - 1, start);
        (low - 1, !swapped)
    }

    fn partition_equal(&mut self, start: usize, end: usize, pivot: usize) -> usize {
        self.swap(start, pivot);
        self.sides(start, end, |sorter, i| !sorter.less(start, i)).0
    }

    fn nearly_sorted(&mut self, start: usize, end: usize) -> bool {
        let mut i = start + 1;
        for _ in 0..STEPS {
            while i < end && !self.less(i, i - 1) {
                i += 1;
            }
            if i == end {
                return true;
            }
            if end - start < LONG {
                return false;
            }
            self.swap(i, i - 1);
            if i - start >= 2 {
                let mut j = i - 1;
                while j >= 1 && self.less(j, j - 1) {
                    self.swap(j, j - 1);
                    j -= 1;
                }
            }
            if end - i >= 2 {
                let mut j = i + 1;
                while j < end && self.less(j, j - 1) {
                    self.swap(j, j - 1);
                    j += 1;
                }
            }
        }
        false
    }

    fn break_patterns(&mut self, start: usize, length: usize) {
        let mut random = length as u64;
        let mask = (1usize << bits(length)) - 1;
        let middle = start + (length / 4) * 2;
        for i in 0..3 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut other = usize::try_from(random & mask as u64).unwrap_or(0);
            if other >= length {
                other -= length;
            }
            self.swap(middle - 1 + i, start + other);
        }
    }

    fn pivot(&self, start: usize, length: usize) -> (usize, Hint) {
        let mut swaps = 0;
        let quarter = length / 4;
        let [mut i, mut j, mut k] = [1, 2, 3].map(|n| start + quarter * n);
        if length >= LONG {
            i = self.median(i - 1, i, i + 1, &mut swaps);
            j = self.median(j - 1, j, j + 1, &mut swaps);
            k = self.median(k - 1, k, k + 1, &mut swaps);
        }
        j = self.median(i, j, k, &mut swaps);
        let hint = match swaps {
            0 => Hint::Increasing,
            12 => Hint::Decreasing,
            _ => Hint::Unknown,
        };
        (j, hint)
    }

    fn median(&self, a: usize, b: usize, c: usize, swaps: &mut u32) -> usize {
        let mut ordered = |a, b| {
            if self.less(b, a) {
                *swaps += 1;
                (b, a)
            } else {
                (a, b)
            }
        };
        let (a, b) = ordered(a, b);
        let (b, _) = ordered(b, c);
        ordered(a, b).1
    }
}

#[cfg(test)]
mod tests;
