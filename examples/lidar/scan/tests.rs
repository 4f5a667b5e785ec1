//! Every format read back, every error with its message, every truncation without a panic.

use std::path::Path;

use pcd_rs::{DataKind, DynRecord, Field, Schema, ValueKind, WriterInit};
use tempfile::TempDir;

use super::*;
use crate::testing::real_scan;

/// What every generated file holds; the values are exact in every encoding, also as `n / 255`.
fn small_scan() -> Vec<Point> {
    let at = |x: f32, y: f32, z: f32, intensity: f32| Point { x, y, z, intensity };
    vec![at(1.5, -2.25, 0.5, 0.0), at(-40.0, 12.5, -1.75, 1.0), at(0.125, 3.0, 2.0, 1.0)]
}

fn records(points: &[Point], full_intensity: f32, extra: &[f32]) -> Vec<u8> {
    let values = points.iter().flat_map(|p| {
        let own = [p.x, p.y, p.z, p.intensity * full_intensity];
        own.into_iter().chain(extra.iter().copied())
    });
    values.flat_map(f32::to_le_bytes).collect()
}

fn kitti(points: &[Point]) -> Vec<u8> {
    records(points, 1.0, &[])
}

fn nuscenes(points: &[Point]) -> Vec<u8> {
    records(points, 255.0, &[7.0])
}

fn ply(points: &[Point]) -> Vec<u8> {
    let mut text = format!(
        "ply\nformat ascii 1.0\ncomment made by a test\nelement camera 1\nproperty float f\nelement vertex {}\n\
         property float x\nproperty uchar red\nproperty float y\nproperty float z\nproperty float intensity\n\
         element face 1\nproperty list uchar int vertex_index\nend_header\n35.0\n",
        points.len()
    );
    for p in points {
        text += &format!("{} 255 {} {} {}\n", p.x, p.y, p.z, p.intensity);
    }
    (text + "3 0 1 2\n").into_bytes()
}

/// Written by `pcd-rs`, with a field before and one after those that are read.
fn pcd(points: &[Point], data_kind: DataKind) -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.pcd");
    let fields = [
        ("ring", ValueKind::U16, 1),
        ("x", ValueKind::F32, 1),
        ("y", ValueKind::F64, 1),
        ("z", ValueKind::F32, 1),
        ("intensity", ValueKind::U8, 1),
        ("normal", ValueKind::F32, 3),
    ];
    let schema = Schema::from_iter(fields);
    let init = WriterInit {
        width: points.len() as u64,
        height: 1,
        viewpoint: Default::default(),
        data_kind,
        schema: Some(schema),
        version: None,
    };
    let mut writer = init.create::<DynRecord, _>(&path).unwrap();
    for p in points {
        let record = DynRecord(vec![
            Field::U16(vec![7]),
            Field::F32(vec![p.x]),
            Field::F64(vec![f64::from(p.y)]),
            Field::F32(vec![p.z]),
            Field::U8(vec![p.intensity as u8]),
            Field::F32(vec![0.0, 0.0, 1.0]),
        ]);
        writer.push(&record).unwrap();
    }
    writer.finish().unwrap();
    std::fs::read(&path).unwrap()
}

/// One small file of each format and encoding.
fn every_format() -> Vec<(&'static str, Vec<u8>)> {
    let points = small_scan();
    vec![
        ("a.bin", kitti(&points)),
        ("b.pcd.bin", nuscenes(&points)),
        ("c.pcd", pcd(&points, DataKind::Ascii)),
        ("d.pcd", pcd(&points, DataKind::Binary)),
        ("e.pcd", pcd(&points, DataKind::BinaryCompressed)),
        ("f.ply", ply(&points)),
    ]
}

fn load_bytes(name: &str, bytes: &[u8]) -> Result<LoadedScan, ScanError> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    ScanFile::new(&path)?.load()
}

/// The message without the folder in front of the file name.
fn message(name: &str, bytes: &[u8]) -> String {
    let text = load_bytes(name, bytes).unwrap_err().to_string();
    let start = text.find(name).unwrap();
    text[start..].to_owned()
}

/// Changes to the header of a good file, length of its body, message.
type PcdCase<'a> = (&'a [(&'a str, &'a str)], usize, &'a str);

/// A binary PCD file with the given header lines changed and `body` as its data.
fn pcd_file(changes: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut header = String::from(
        "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 2\nHEIGHT 1\nPOINTS 2\nDATA binary\n",
    );
    for (from, to) in changes {
        assert!(header.contains(from), "{from} is not in the header");
        header = header.replace(from, to);
    }
    [header.as_bytes(), body].concat()
}

#[test]
fn every_format_reads_back_what_was_written() {
    for (name, bytes) in every_format() {
        let scan = load_bytes(name, &bytes).unwrap();
        assert_eq!(scan.cloud.points(), small_scan(), "{name}");
        assert_eq!(scan.dropped_non_finite, 0, "{name}");
    }
}

#[test]
fn non_finite_points_are_dropped_and_counted() {
    let mut points = small_scan();
    points[1].y = f32::NAN;
    points[2].x = f32::NEG_INFINITY;
    let ascii = pcd(&points, DataKind::Ascii);
    let files = [
        ("a.bin", kitti(&points)),
        ("b.pcd.bin", nuscenes(&points)),
        ("c.pcd", ascii),
        ("d.ply", ply(&points)),
    ];
    for (name, bytes) in files {
        let scan = load_bytes(name, &bytes).unwrap();
        assert_eq!((scan.cloud.len(), scan.dropped_non_finite), (1, 2), "{name}");
    }
}

#[test]
fn missing_intensity_reads_as_zero() {
    let body = records(&small_scan()[..2], 1.0, &[]);
    let xyz: Vec<u8> = body.chunks(16).flat_map(|record| record[..12].to_vec()).collect();
    let scan = load_bytes("a.pcd", &pcd_file(&[], &xyz)).unwrap();
    assert!(scan.cloud.points().iter().all(|point| point.intensity == 0.0));
}

#[test]
fn no_truncation_and_no_changed_byte_panics() {
    for (name, bytes) in every_format() {
        let format = Format::of(Path::new(name)).unwrap();
        for end in 0..bytes.len() {
            let _ = format.parse(&bytes[..end]);
        }
        for position in 0..bytes.len() {
            for value in [0, b' ', b'\n', b'-', b'9', 0x7f, 0xff] {
                let mut changed = bytes.clone();
                changed[position] = value;
                let _ = format.parse(&changed);
            }
        }
    }
}

#[test]
fn truncated_binary_files_are_errors_at_every_byte() {
    let record_bytes = [("a.bin", 16), ("b.pcd.bin", 20)];
    for (name, bytes) in every_format() {
        let whole_records = |end: usize| {
            record_bytes.iter().any(|(n, size)| *n == name && end > 0 && end.is_multiple_of(*size))
        };
        let is_text = ["c.pcd", "f.ply"].contains(&name);
        for end in (0..bytes.len()).filter(|end| !is_text && !whole_records(*end)) {
            let format = Format::of(Path::new(name)).unwrap();
            assert!(format.parse(&bytes[..end]).is_err(), "{name} cut at byte {end}");
        }
    }
}

#[test]
fn fixed_record_errors_name_byte_and_expectation() {
    let mut bytes = kitti(&small_scan());
    bytes.truncate(40);
    assert_eq!(
        message("a.bin", &bytes),
        "a.bin: truncated at byte 32: expected a multiple of 16 bytes (f32 x y z intensity), found 8 left over"
    );
    assert_eq!(
        message("a.pcd.bin", &bytes[..21]),
        "a.pcd.bin: truncated at byte 20: expected a multiple of 20 bytes (f32 x y z intensity ring), found 1 left over"
    );
    assert_eq!(message("a.bin", &[]), "a.bin: empty file: expected f32 x y z intensity at byte 0");
    let nan = f32::NAN.to_le_bytes().repeat(8);
    assert_eq!(
        message("a.bin", &nan),
        "a.bin: no usable point: all 2 are NaN, infinite or farther than 1e8 m"
    );
}

#[test]
fn pcd_errors_name_place_and_expectation() {
    let cases: [PcdCase<'_>; 9] = [
        (&[], 23, "truncated at byte 120: expected 24 bytes of data for 2 points, found 23"),
        (&[], 25, "wrong length at byte 121: expected the end after 2 points, found 1 more bytes"),
        (
            &[("POINTS 2", "POINTS 3")],
            24,
            "malformed at byte 97: expected WIDTH x HEIGHT = POINTS, found 2 x 1 and 3",
        ),
        (
            &[("FIELDS x y z", "FIELDS x y w")],
            24,
            "malformed at byte 97: expected a scalar field z, found fields x y w",
        ),
        (
            &[("WIDTH 2", "WIDTH 4000000000"), ("POINTS 2", "POINTS 4000000000")],
            24,
            "4000000000 points are more than the limit of 10000000",
        ),
        (
            &[
                ("FIELDS x y z", "FIELDS x y z a"),
                ("SIZE 4", "SIZE 4 4"),
                ("TYPE F", "TYPE F F"),
                ("COUNT 1 1 1", "COUNT 1 1 1 18446744073709551615"),
            ],
            24,
            "larger than the limit of 268435456 bytes",
        ),
        (
            &[("DATA binary", "DATA ascii")],
            4,
            "truncated at byte 100: expected at least 11 bytes of data for 2 points, found 4",
        ),
        (
            &[("DATA binary", "DATA binary_compressed")],
            24,
            "truncated at byte 132: expected 1684300900 compressed bytes of data for 2 points, found 16",
        ),
        (
            &[("SIZE 4 4 4\n", "")],
            24,
            "malformed at byte 86: expected a PCD header, found parsing error at line 8: SIZE entry not found in header",
        ),
    ];
    for (changes, body_bytes, expected) in cases {
        let file = pcd_file(changes, &vec![b'd'; body_bytes]);
        assert_eq!(message("a.pcd", &file), format!("a.pcd: {expected}"));
    }
    assert_eq!(message("a.pcd", &[]), "a.pcd: empty file: expected a PCD header at byte 0");
}

#[test]
fn hostile_compressed_sizes_are_refused_before_memory_is_reserved() {
    let compressed = [("DATA binary", "DATA binary_compressed")];
    let sizes = |packed: u32, unpacked: u32| [packed.to_le_bytes(), unpacked.to_le_bytes()].concat();
    assert_eq!(
        message("a.pcd", &pcd_file(&compressed, &sizes(0, u32::MAX))),
        "a.pcd: malformed at byte 108: expected an uncompressed size of 24 bytes, found 4294967295"
    );
    assert!(load_bytes("a.pcd", &pcd_file(&compressed, &sizes(0, 24))).is_err());
    assert!(load_bytes("a.pcd", &pcd_file(&compressed, &sizes(u32::MAX, 24))).is_err());
}

#[test]
fn text_without_end_is_refused_before_it_is_split_into_words() {
    let endless = b"9 ".repeat(100_000);
    assert_eq!(
        message("a.pcd", &pcd_file(&[("DATA binary", "DATA ascii")], &endless)),
        "a.pcd: malformed at byte 96: expected lines of at most 65536 bytes, found one of 200000"
    );
    assert_eq!(
        message("a.pcd", &pcd_file(&[("DATA binary\n", "")], &endless)),
        "a.pcd: malformed at byte 65536: expected a PCD header, \
         found parsing error at line 10: Unexpected end of file before DATA line"
    );
    let comments = "comment\n".repeat(2000);
    assert_eq!(
        message("a.ply", format!("ply\nformat ascii 1.0\n{comments}").as_bytes()),
        "a.ply: malformed at line 1002: expected end_header within 1000 lines, found a longer header"
    );
}

#[test]
fn data_line_cut_by_the_header_limit_is_refused() {
    let file = pcd_file(&[("DATA binary\n", "")], &[]);
    let padding = "#".repeat(65_536 - file.len() - "\nDATA binary".len());
    let file = [file, format!("{padding}\nDATA binary_compressed\n").into_bytes(), vec![0xff; 24]].concat();
    assert_eq!(
        message("a.pcd", &file),
        "a.pcd: malformed at byte 65536: expected a PCD header, found a DATA line without an end"
    );
}

#[test]
fn ascii_pcd_errors_name_the_line() {
    let file = pcd_file(&[("DATA binary", "DATA ascii")], b"1 2 3\n1 zwei 3\n");
    assert_eq!(
        message("a.pcd", &file),
        "a.pcd: malformed at line 11: expected point 1, found invalid float literal"
    );
}

#[test]
fn ply_errors_name_the_line() {
    let head =
        "ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\n";
    let file = |body: &str| format!("{head}end_header\n{body}").into_bytes();
    let cases: [(Vec<u8>, &str); 9] = [
        (file("1 2 3\n"), "truncated at line 9: expected a vertex, found the end of the file"),
        (file("1 2 3\n1 2\n"), "malformed at line 9: expected 3 values, found 2"),
        (file("1 2 3\n1 2 x3\n"), "malformed at line 9: expected a number, found x3"),
        (b"plx\n".to_vec(), "malformed at line 1: expected ply, found plx"),
        (
            b"ply\nformat binary_little_endian 1.0\n".to_vec(),
            "malformed at line 2: expected format ascii 1.0, found format binary_little_endian 1.0",
        ),
        (
            head.replace(" 2\n", " 99999999\n").into_bytes(),
            "truncated at line 7: expected end_header, found the end of the file",
        ),
        (
            format!("{}end_header\n", head.replace(" 2\n", " 9999999\n")).into_bytes(),
            "truncated at line 3: expected 9999999 vertices, found a file of 106 bytes",
        ),
        (
            format!("{}end_header\n1 2\n1 2\n", head.replace("property float z\n", "")).into_bytes(),
            "malformed at line 3: expected a vertex property z, found none",
        ),
        (
            b"ply\n\xff\xfe".to_vec(),
            "malformed at line 2: expected UTF-8 text (ascii PLY), found other bytes",
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(message("a.ply", &bytes), format!("a.ply: {expected}"));
    }
    assert_eq!(message("a.ply", &[]), "a.ply: empty file: expected a PLY header at byte 0");
}

#[test]
fn directories_list_their_scans_by_name() {
    let folder = TempDir::new().unwrap();
    for name in ["b.bin", "a.pcd.bin", "c.ply", "notes.txt"] {
        std::fs::write(folder.path().join(name), b"x").unwrap();
    }
    std::fs::create_dir(folder.path().join("d.bin")).unwrap();
    let single = folder.path().join("c.ply");
    let scans = list_scans(&[folder.path().to_owned(), single]).unwrap();
    let names: Vec<_> = scans.iter().map(|scan| scan.path().file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["a.pcd.bin", "b.bin", "c.ply", "c.ply"]);
}

#[test]
fn listing_errors_name_the_path() {
    let folder = TempDir::new().unwrap();
    let refused = |path: PathBuf| list_scans(&[path]).unwrap_err().to_string();
    let shown = folder.path().display();
    assert_eq!(
        refused(folder.path().to_owned()),
        format!(
            "{shown}: no scan in this directory: expected a file that ends in .pcd.bin, .bin, .pcd or .ply"
        )
    );
    let las = folder.path().join("a.las");
    std::fs::write(&las, b"x").unwrap();
    assert_eq!(
        refused(las),
        format!("{shown}/a.las: unknown extension: expected .pcd.bin, .bin, .pcd or .ply")
    );
    let missing = refused(folder.path().join("missing.bin"));
    assert!(missing.starts_with(&format!("{shown}/missing.bin: cannot be read: ")), "{missing}");
}

#[test]
fn directories_and_huge_files_are_not_read() {
    let folder = TempDir::new().unwrap();
    let directory = folder.path().join("a.bin");
    std::fs::create_dir(&directory).unwrap();
    let error = ScanFile::new(&directory).unwrap().load().unwrap_err();
    assert!(error.to_string().ends_with("a.bin: cannot be read: not a regular file"));
    // A sparse file: no disk space is used.
    let huge = folder.path().join("b.bin");
    std::fs::File::create(&huge).unwrap().set_len(read::MAX_FILE_BYTES + 16).unwrap();
    let error = ScanFile::new(&huge).unwrap().load().unwrap_err();
    assert!(error.to_string().ends_with("b.bin: larger than the limit of 268435456 bytes"));
}

#[test]
fn unreadable_files_keep_their_cause() {
    let error = ScanFile::new(Path::new("/nowhere/a.bin")).unwrap().load().unwrap_err();
    let fault: &dyn std::error::Error = &error;
    assert!(fault.source().is_some());
}

#[test]
fn real_scans_have_their_known_sizes() {
    for (name, points) in [("kitti_000008.bin", 17_238), ("nuscenes_lidar_top.pcd.bin", 34_688)] {
        let Some(path) = real_scan(name) else { continue };
        let scan = ScanFile::new(&path).unwrap().load().unwrap();
        assert_eq!((scan.cloud.len(), scan.dropped_non_finite), (points, 0), "{name}");
        assert!(scan.cloud.points().iter().all(|point| (0.0..=1.0).contains(&point.intensity)), "{name}");
    }
}
