//! Sorting as Go sorts: right where there is an order, and the same as Go where there is none.

use super::go_sort;

#[test]
fn sorts_whatever_the_pattern() {
    for length in [0, 1, 2, 12, 13, 49, 50, 51, 100, 1000] {
        let patterns: [fn(usize, usize) -> usize; 5] = [
            |i, _| i,
            |i, n| n - i,
            |i, _| i * 7919 % 1009,
            |i, _| i % 5,
            |i, n| if i < n / 2 { i } else { n - i },
        ];
        for pattern in patterns {
            let mut items: Vec<usize> = (0..length).map(|i| pattern(i, length)).collect();
            let mut wanted = items.clone();
            wanted.sort_unstable();
            go_sort(&mut items, |a, b| a < b);
            assert_eq!(items, wanted);
        }
    }
}

#[test]
fn bears_contradictions() {
    let mut items: Vec<u32> = (0..500).map(|i| i * 7919 % 1009).collect();
    go_sort(&mut items, |a, b| (a + 1) % 3 == b % 3);
    go_sort(&mut items, |_, _| true);
    assert_eq!(items.len(), 500);
}

/// What Go 1.26 makes of orders that contradict themselves, as a hash over the outcome.
#[test]
fn contradictions_end_as_in_go() {
    let orders: [fn(u32, u32) -> bool; 4] =
        [|a, b| (a + 1) % 3 == b % 3, |_, _| true, |a, b| a % 7 < b % 7, |a, b| (a * b) % 5 < 2];
    for (length, hashes) in [
        (5, [512_889_693, 870_420_573, 512_889_693, 1_020_536_523]),
        (12, [1_755_109_373, 257_019_877, 917_755_699, 249_330_121]),
        (13, [2_868_783_193, 3_990_704_091, 4_193_658_511, 1_063_591_233]),
        (49, [3_883_764_198, 503_073_942, 1_210_720_268, 715_928_998]),
        (50, [1_896_753_561, 3_631_133_741, 2_198_245_089, 944_793_625]),
        (51, [551_892_149, 352_761_951, 2_191_942_061, 2_774_172_461]),
        (100, [3_636_247_912, 1_597_877_914, 992_794_186, 3_839_914_938]),
        (500, [3_370_843_375, 3_320_436_423, 1_650_125_537, 2_336_805_557]),
        (2000, [1_243_217_953, 2_889_002_173, 2_018_858_143, 3_034_492_095]),
    ] {
        for (order, hash) in orders.iter().zip(hashes) {
            let mut items: Vec<u32> = (0..length).map(|i| i * 7919 % 1009).collect();
            go_sort(&mut items, |a, b| order(*a, *b));
            let found = items.iter().fold(17_u32, |hash, item| hash.wrapping_mul(31).wrapping_add(*item));
            assert_eq!(found, hash, "{length} items");
        }
    }
}
