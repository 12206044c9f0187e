//! Charts: what is read, refused and written, and that hostile ones cost little.

use std::io::Write as _;

use artifact::MemTree;
use artifact::entries::Writer;
use flate2::Compression;
use flate2::write::GzEncoder;
use manifest::budget::{Budget, Cancel, Limits};

use super::{Chart, ChartError, archive};

const CHART: &str = "apiVersion: v2\nname: app\nversion: 1.0.0\n";
const LIMIT: u64 = 5 << 20;

/// Names that a library would refuse are written all the same.
fn tgz(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    for (name, data) in files {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        gzip.write_all(&header).unwrap();
        gzip.write_all(data).unwrap();
        gzip.write_all(&vec![0; data.len().next_multiple_of(512) - data.len()]).unwrap();
    }
    gzip.write_all(&[0; 1024]).unwrap();
    gzip.finish().unwrap()
}

fn read(bytes: &[u8]) -> Result<Chart, String> {
    Chart::from_archive(bytes, LIMIT, &Budget::default()).map_err(|error| error.to_string())
}

fn names(bytes: &[u8]) -> Vec<String> {
    let files = archive::files(bytes, LIMIT, &mut archive::Room::default(), &Budget::default()).unwrap();
    files.into_iter().map(|file| file.name).collect()
}

#[test]
fn a_chart_is_written_as_it_was_read() {
    let inner = tgz(&[
        ("db/Chart.yaml", b"apiVersion: v1\nname: db\nversion: 2.0.0\n"),
        ("db/values.yaml", b"x: 1\n"),
    ]);
    let bytes = tgz(&[
        ("app/Chart.yaml", CHART.as_bytes()),
        ("app/values.yaml", b"# kept\na: 1\n"),
        ("app/templates/a.yaml", b"kind: A\n"),
        ("app/README.md", b"\xef\xbb\xbfhello"),
        ("app/charts/db-2.0.0.tgz", &inner),
        ("app/charts/web/Chart.yaml", b"apiVersion: v2\nname: web\nversion: 3.0.0\n"),
        ("app/charts/_none/x", b"x"),
        ("app/link", b""),
    ]);
    let packed = read(&bytes).unwrap().pack(&Budget::default()).unwrap();
    assert_eq!(
        names(&packed),
        [
            "Chart.yaml",
            "values.yaml",
            "templates/a.yaml",
            "README.md",
            "link",
            "charts/db/Chart.yaml",
            "charts/db/values.yaml",
            "charts/web/Chart.yaml",
        ]
    );
    assert_eq!(packed, read(&bytes).unwrap().pack(&Budget::default()).unwrap(), "the same bytes each time");
    let files = archive::files(&packed, LIMIT, &mut archive::Room::default(), &Budget::default()).unwrap();
    assert_eq!(files[1].data, b"# kept\na: 1\n");
    assert_eq!(files[3].data, b"hello", "without the byte order mark");
}

#[test]
fn a_folder_is_read_without_what_is_ignored() {
    let files = [
        ("deploy/app/Chart.yaml", CHART),
        ("deploy/app/.helmignore", "*.md\n/ci/\n"),
        ("deploy/app/values.yaml", "a: 1\n"),
        ("deploy/app/README.md", "x"),
        ("deploy/app/ci/x.yaml", "x"),
        ("deploy/app/templates/.hidden", "x"),
        ("deploy/app/templates/a.yaml", "x"),
    ];
    let tree = MemTree::from_files(files.map(|(path, text)| (path, text.as_bytes()))).unwrap();
    let packed =
        Chart::from_folder(&tree, "deploy/app", LIMIT, &Budget::default()).unwrap().pack(&Budget::default());
    assert_eq!(names(&packed.unwrap()), ["Chart.yaml", "values.yaml", "templates/a.yaml", ".helmignore"]);
}

#[test]
fn what_helm_refuses() {
    let chart = CHART.as_bytes();
    for (files, text) in [
        (&[("app/../../x", &b""[..])][..], "chart illegally references parent directory"),
        (&[("app//etc/passwd", b"")], "chart illegally contains absolute paths"),
        (&[("app", b"")], "chart illegally contains content outside the base directory: \"app\""),
        (&[("app/c:/x", b"")], "chart contains illegally named files"),
        (&[("Chart.yaml/x", b"")], "chart yaml not in base directory"),
        (&[("app/x", b"")], "Chart.yaml file is missing"),
        (&[], "no files in chart archive"),
        (&[("app/Chart.yaml", b"name: app\n")], "validation: chart.metadata.version is required"),
        (
            &[("app/Chart.yaml", chart), ("app/charts/x.tgz", b"nope, not one")],
            "error unpacking subchart x.tgz in app: gzip: invalid header",
        ),
    ] {
        assert_eq!(read(&tgz(files)).map(|_| ()), Err(text.to_owned()), "{files:?}");
    }
    assert_eq!(read(b"").map(|_| ()), Err("EOF".to_owned()));
    assert_eq!(read(b"this is no archive").map(|_| ()), Err("gzip: invalid header".to_owned()));
    let whole = tgz(&[("app/Chart.yaml", chart)]);
    assert!(read(&whole[..whole.len() / 2]).is_err());
}

#[test]
fn bombs_cost_little() {
    let zeros = vec![0; 6 << 20];
    let error = read(&tgz(&[("app/Chart.yaml", CHART.as_bytes()), ("app/big", &zeros)])).unwrap_err();
    assert_eq!(
        error,
        format!("decompressed chart file \"app/big\" is larger than the maximum file size {LIMIT}")
    );
    let many: Vec<(String, Vec<u8>)> = (0..25).map(|n| (format!("app/{n}"), vec![0; 5 << 20])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, data)| (name.as_str(), data.as_slice())).collect();
    let bytes = tgz(&many);
    assert!(read(&bytes).unwrap_err().contains("larger than the maximum size"));
    let small = Budget::new(Limits { steps: u64::MAX, bytes: 1 << 20 }, Cancel::default());
    assert!(matches!(Chart::from_archive(&bytes, LIMIT, &small), Err(ChartError::Exceeded(_))));
    // Charts in charts.
    let mut nested = tgz(&[("a/Chart.yaml", CHART.as_bytes())]);
    for _ in 0..20 {
        nested = tgz(&[("a/Chart.yaml", CHART.as_bytes()), ("a/charts/a.tgz", &nested)]);
    }
    assert!(read(&nested).unwrap_err().contains("nested more than"));
}

fn long(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Writer::new("test");
    for (name, data) in files {
        out.append(name, data).unwrap();
    }
    out.finish().unwrap()
}

#[test]
fn names_cost_what_they_take() {
    let name = format!("app/{}", "a".repeat(4096));
    let error = read(&long(&[(name.as_str(), b"")])).unwrap_err();
    assert_eq!(error, "chart contains a file whose name is longer than 4096 bytes");
    let names: Vec<String> = (0..1000).map(|n| format!("app/{n}{}", "a".repeat(3000))).collect();
    let mut files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    files.push(("app/Chart.yaml", CHART.as_bytes()));
    let bytes = long(&files);
    assert!(read(&bytes).is_ok());
    let small = Budget::new(Limits { steps: u64::MAX, bytes: 1 << 20 }, Cancel::default());
    let found = archive::files(&bytes, LIMIT, &mut archive::Room::default(), &small);
    assert!(matches!(found, Err(ChartError::Exceeded(_))), "names are kept, too");
    let mut room = archive::Room { bytes: 1 << 20, ..archive::Room::default() };
    let error = archive::files(&bytes, LIMIT, &mut room, &Budget::default()).unwrap_err().to_string();
    assert!(error.starts_with("decompressed chart is larger"), "{error}");
    let mut room = archive::Room { files: 1000, ..archive::Room::default() };
    let error = archive::files(&bytes, LIMIT, &mut room, &Budget::default()).unwrap_err().to_string();
    assert_eq!(error, "chart has more than 100000 files");
}

#[test]
fn charts_within_a_chart_share_its_limits() {
    let zeros = vec![0; 5 << 20];
    let names: Vec<String> = (0..11).map(|n| format!("db/{n}")).collect();
    let mut files: Vec<(&str, &[u8])> = vec![("db/Chart.yaml", CHART.as_bytes())];
    files.extend(names.iter().map(|name| (name.as_str(), zeros.as_slice())));
    let inner = tgz(&files);
    let chart = ("app/Chart.yaml", CHART.as_bytes());
    assert!(read(&tgz(&[chart, ("app/charts/a.tgz", &inner)])).is_ok());
    let twice = tgz(&[chart, ("app/charts/a.tgz", &inner), ("app/charts/b.tgz", &inner)]);
    let error = read(&twice).unwrap_err();
    assert!(error.contains("larger than the maximum size"), "{error}");
}

#[test]
fn what_a_chart_needs_is_bounded() {
    let needing = |count: usize| {
        let needs: String = (0..count).map(|n| format!("- {{name: a{n}, version: 1.x}}\n")).collect();
        let text = format!("{CHART}dependencies:\n{needs}");
        read(&tgz(&[("app/Chart.yaml", text.as_bytes())])).unwrap()
    };
    let some = needing(900);
    let missing = some.missing(&Budget::default()).unwrap();
    assert_eq!(missing.len(), 900);
    let small = Budget::new(Limits { steps: u64::MAX, bytes: 10_000 }, Cancel::default());
    assert!(matches!(some.missing(&small), Err(ChartError::Exceeded(_))));
    let slow = Budget::new(Limits { steps: 100, bytes: u64::MAX }, Cancel::default());
    assert!(matches!(some.missing(&slow), Err(ChartError::Exceeded(_))));
    let error = needing(1001).missing(&Budget::default()).unwrap_err();
    assert_eq!(error.to_string(), "chart has 1001 dependencies, more than 1000");
}

#[test]
fn rules_are_bounded() {
    let rules = "a\n".repeat(1001);
    let files = [("Chart.yaml", CHART), (".helmignore", rules.as_str())];
    let tree = MemTree::from_files(files.map(|(path, text)| (path, text.as_bytes()))).unwrap();
    let error = Chart::from_folder(&tree, "", LIMIT, &Budget::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot load ignore rules for chart: it has more than 1,000 rules");
}
