//! Ranking with models from the real SVM fit.

use strand_color::Lab;
use strand_color::samples::{BLONDE, BROWN};
use strand_learning::{
    Basis, Fit, Fitted, LibrarySnapshot, Query, Ranking, Reference, ShadeModel, SnapshotShade,
};
use strand_signature::{DominantColor, Signature, mean_color};
use strand_training::LinearSvm;

fn fit(own: &[&[f32]], others: &[&[f32]]) -> Fitted {
    LinearSvm.fit(own, others).unwrap()
}

fn query<'a>(signature: &'a Signature, features: &'a [f32]) -> Query<'a> {
    Query {
        signature,
        features,
        sha256: None,
    }
}

fn colors(shares: &[(Lab, f32)]) -> Vec<DominantColor> {
    shares
        .iter()
        .map(|(lab, share)| DominantColor {
            lab: *lab,
            share: *share,
        })
        .collect()
}

fn signature(shares: &[(Lab, f32)]) -> Signature {
    let colors = colors(shares);
    let mean = mean_color(&colors);
    Signature {
        colors,
        mean,
        descriptor: vec![1.0],
        coverage: 0.5,
        confidence: 0.9,
    }
}

/// Brown hair in a photo that no shade was trained on.
fn another_brown() -> Signature {
    let lab = Lab {
        l: BROWN.l + 0.05,
        ..BROWN
    };
    signature(&[(lab, 1.0)])
}

fn model(space: &str, own: &[f32], other: &[f32], lab: Lab) -> ShadeModel {
    let fitted = fit(&[own], &[other]);
    fitted.into_model(
        space,
        vec![Reference {
            photo_id: 3,
            sha256: None,
            colors: colors(&[(lab, 1.0)]),
            vector: own.to_vec(),
        }],
    )
}

#[test]
fn ranks_by_model_references_and_swatch() {
    let (x, y) = ([1.0, 0.0], [0.0, 1.0]);
    let shade = |shade_id, swatch, model| SnapshotShade {
        shade_id,
        name: format!("#{shade_id}"),
        swatch,
        model,
    };
    let snapshot = LibrarySnapshot::new(
        "1",
        "here",
        vec![
            shade(1, None, Some(model("here", &x, &y, BROWN))),
            shade(2, None, Some(model("here", &y, &x, BLONDE))),
            shade(3, None, Some(model("elsewhere", &x, &y, BROWN))),
            shade(4, Some(colors(&[(BLONDE, 1.0)])), None),
            shade(5, None, None),
        ],
    );
    assert_eq!(snapshot.len(), 4);
    assert_eq!(snapshot.of_other_spaces().collect::<Vec<_>>(), ["#3"]);
    let Ranking { matches, none, .. } = snapshot.rank(query(&another_brown(), &x), 9);
    assert!(
        matches
            .windows(2)
            .all(|pair| pair[0].combined >= pair[1].combined)
    );
    let by_id = |id| matches.iter().find(|m| m.shade_id == id).unwrap();
    assert_eq!(
        (by_id(1).basis, by_id(3).basis, by_id(4).basis),
        (Basis::Model, Basis::References, Basis::Swatch)
    );
    assert!(by_id(1).combined > 0.6 && by_id(1).nearest_photo == Some(3));
    assert!(by_id(2).combined < 0.01 && by_id(4).combined < 0.01);
    assert!(by_id(1).color_differences[0] < 0.1 && by_id(4).color_differences[0] > 20.0);
    let total: f32 = none + matches.iter().map(|m| m.combined).sum::<f32>();
    assert!((total - 1.0).abs() < 1e-4, "{total}");
}

#[test]
fn hair_unlike_every_shade_is_most_likely_of_none() {
    let (x, y, far) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]);
    let shade = |shade_id, own: &[f32], other: &[f32], lab| SnapshotShade {
        shade_id,
        name: format!("#{shade_id}"),
        swatch: None,
        model: Some(model("here", own, other, lab)),
    };
    let snapshot = LibrarySnapshot::new(
        "1",
        "here",
        vec![shade(1, &x, &y, BROWN), shade(2, &y, &x, BLONDE)],
    );
    let unlike = snapshot.rank(query(&another_brown(), &far), 2);
    let like = snapshot.rank(query(&another_brown(), &x), 2);
    assert!(unlike.none > 0.9 && like.none < 0.1, "{unlike:?} {like:?}");
}

#[test]
fn photos_of_one_head_are_better_evidence_together() {
    let (x, y) = ([1.0_f32, 0.0], [0.0, 1.0]);
    let shade = |shade_id, own: &[f32], other: &[f32], lab| SnapshotShade {
        shade_id,
        name: format!("#{shade_id}"),
        swatch: None,
        model: Some(model("here", own, other, lab)),
    };
    let shades = vec![shade(1, &x, &y, BROWN), shade(2, &y, &x, BLONDE)];
    let snapshot = LibrarySnapshot::new("1", "here", shades);
    let seen = another_brown();
    let [near, between] = [[0.9_f32, 0.43], [0.68, 0.73]];
    let first = |queries: &[Query]| {
        let (matches, none) = snapshot.rank_together(queries, 2);
        let total: f32 = none + matches.iter().map(|found| found.score).sum::<f32>();
        assert!((total - 1.0).abs() < 1e-4, "{total}");
        (matches[0].shade_id, matches[0].score)
    };
    let alone = snapshot.rank(query(&seen, &near), 1).matches.remove(0);
    let (shade_id, score) = first(&[query(&seen, &near)]);
    assert!(shade_id == alone.shade_id && (score - alone.combined).abs() < 1e-6);
    assert!(first(&[query(&seen, &near); 3]).1 > score);
    // A photo that cannot tell makes the answer less certain, but not another one.
    let with_doubt = first(&[query(&seen, &near), query(&seen, &between)]);
    assert!(with_doubt.0 == 1 && with_doubt.1 < first(&[query(&seen, &near); 2]).1);
    assert_eq!(snapshot.rank_together(&[], 2), (Vec::new(), 0.0));
}

#[test]
fn photos_that_agree_make_the_library_more_certain() {
    let (x, y) = ([1.0_f32, 0.0, 0.0], [0.0, 1.0, 0.0]);
    let photos = |turn: f32| [[turn.cos(), 0.0, turn.sin()], [turn.cos(), 0.0, -turn.sin()]];
    let score = |turn: f32| {
        let own = photos(turn);
        let reference = |photo_id| Reference {
            photo_id,
            sha256: None,
            colors: colors(&[(BROWN, 1.0)]),
            vector: own[photo_id as usize - 1].to_vec(),
        };
        let fitted = fit(&[&own[0], &own[1]], &[&y]);
        let taught = fitted.into_model("here", vec![reference(1), reference(2)]);
        let agreement = taught.agreement().unwrap();
        assert!((agreement - (2.0 * turn).cos()).abs() < 1e-3, "{agreement}");
        let shade = SnapshotShade {
            shade_id: 1,
            name: "#1".to_owned(),
            swatch: None,
            model: Some(taught),
        };
        let other = SnapshotShade {
            shade_id: 2,
            name: "#2".to_owned(),
            swatch: None,
            model: Some(model("here", &y, &x, BLONDE)),
        };
        let snapshot = LibrarySnapshot::new("1", "here", vec![shade, other]);
        snapshot.rank(query(&another_brown(), &x), 1).matches[0].combined
    };
    assert!(score(0.1) > score(0.6), "{} {}", score(0.1), score(0.6));
}

#[test]
fn a_taught_photo_matches_its_own_shade() {
    let (x, y) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]);
    let reference = |photo_id: u64, lab| Reference {
        photo_id,
        sha256: Some(format!("digest {photo_id}")),
        colors: colors(&[(lab, 1.0)]),
        vector: Vec::new(),
    };
    let shade = |shade_id, own: &[&[f32]], other: &[f32], references| SnapshotShade {
        shade_id,
        name: format!("#{shade_id}"),
        swatch: None,
        model: Some(fit(own, &[other]).into_model("here", references)),
    };
    let brown = shade(1, &[&x], &y, vec![reference(1, BROWN)]);
    // The second shade's photos point elsewhere, and one of its references looks like the first shade.
    let references = vec![reference(2, BLONDE), reference(3, BLONDE), reference(4, BROWN)];
    let blonde = shade(2, &[&y, &y, &x], &x, references);
    let snapshot = LibrarySnapshot::new("1", "here", vec![brown, blonde]);
    let seen = signature(&[(BROWN, 1.0)]);
    let first = |digest: &str| {
        let query = Query {
            sha256: Some(digest),
            ..query(&seen, &x)
        };
        let best = snapshot.rank(query, 2).matches.swap_remove(0);
        (best.shade_id, best.combined)
    };
    assert_eq!(first("digest of another photo").0, 1);
    let (shade_id, score) = first("digest 4");
    assert!(shade_id == 2 && score > 0.99, "{shade_id} {score}");
}

#[test]
fn the_right_one_among_thousands_is_not_lost() {
    let lab = |k: u64| Lab {
        l: 5.0 + (k % 90) as f32,
        a: (k / 90 % 8) as f32 * 5.0,
        b: (k / 720) as f32 * 6.0,
    };
    let shades = (0..5_000_u64).map(|k| SnapshotShade {
        shade_id: k,
        name: k.to_string(),
        swatch: Some(colors(&[(lab(k), 1.0)])),
        model: None,
    });
    let snapshot = LibrarySnapshot::new("1", "here", shades.collect());
    for k in [0_u64, 1_234, 4_999] {
        assert_eq!(
            snapshot.rank(query(&signature(&[(lab(k), 1.0)]), &[]), 3).matches[0].shade_id,
            k
        );
    }
}
