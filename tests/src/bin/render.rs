//! Draws fixtures to files, to look at them and to fill a demo.
//!
//! `cargo run -p strand-tests --bin render -- --shade 6/27 --view back --seed 1 --out x.jpg`, or
//! `cargo run -p strand-tests --bin render -- --demo demo` for the photos of the README's tour.

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use strand_tests::render::{Camera, Ground, Picture, Random, Scene, Shade, View, draw, encode::Jpeg};

/// Draw hair in a known shade.
#[derive(Parser)]
struct Arguments {
    /// The palette's code of the shade, such as 613, 6/27 or 2BT6
    #[arg(long, default_value = "6/27")]
    shade: String,
    /// The view of the hair
    #[arg(long, value_enum, default_value_t = Look::Back)]
    view: Look,
    /// Pose, cut, clothes and strands
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Pixels across and down
    #[arg(long, default_value_t = 1024)]
    size: u32,
    /// The background
    #[arg(long, value_enum, default_value_t = Behind::Plain)]
    ground: Behind,
    /// The light: even, everyday or harsh
    #[arg(long, value_enum, default_value_t = Lighting::Even)]
    light: Lighting,
    /// JPEG quality, 1 to 100
    #[arg(long, default_value_t = 88, value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: u8,
    /// Where to write the photo; the extension names the format
    #[arg(long, default_value = "hair.jpg")]
    out: PathBuf,
    /// Also write the exact mask here
    #[arg(long)]
    mask: Option<PathBuf>,
    /// Write the photos of the README's tour into this folder instead, one folder per shade
    #[arg(long)]
    demo: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Look {
    Closeup,
    Swatch,
    Back,
    Figure,
    Bald,
}

#[derive(Clone, Copy, ValueEnum)]
enum Behind {
    Plain,
    Cluttered,
}

#[derive(Clone, Copy, ValueEnum)]
enum Lighting {
    Even,
    Everyday,
    Harsh,
}

impl From<Look> for View {
    fn from(look: Look) -> Self {
        match look {
            Look::Closeup => Self::Closeup,
            Look::Swatch => Self::Swatch,
            Look::Back => Self::Back,
            Look::Figure => Self::Figure,
            Look::Bald => Self::Bald,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    if let Some(folder) = &arguments.demo {
        return demo(folder);
    }
    let mut random = Random::new(arguments.seed);
    let camera = match arguments.light {
        Lighting::Even => Camera::default(),
        Lighting::Everyday => Camera::everyday(&mut random),
        Lighting::Harsh => Camera::harsh(&mut random),
    };
    let ground = match arguments.ground {
        Behind::Plain => Ground::Plain,
        Behind::Cluttered => Ground::Cluttered,
    };
    let scene = Scene::new(
        arguments.view.into(),
        Shade::of_palette(&arguments.shade),
        arguments.seed,
    )
    .on(ground)
    .lit(camera)
    .sized(arguments.size, arguments.size);
    let picture = draw(&scene);
    write(&picture, &arguments.out, arguments.quality)?;
    if let Some(path) = &arguments.mask {
        picture.mask.save(path)?;
    }
    for tone in &picture.tones {
        println!(
            "{:.0}% of the hair: {} {:?}",
            100.0 * tone.share,
            tone.lab.to_rgb(),
            tone.lab
        );
    }
    Ok(())
}

fn write(picture: &Picture, path: &Path, quality: u8) -> Result<(), Box<dyn Error>> {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    if ending == "jpg" || ending == "jpeg" {
        std::fs::write(
            path,
            Jpeg {
                quality,
                ..Jpeg::default()
            }
            .encode(&picture.rgb),
        )?;
    } else {
        picture.rgb.save(path)?;
    }
    Ok(())
}

/// Three photos each of four shades to teach, and two photos to match.
fn demo(folder: &Path) -> Result<(), Box<dyn Error>> {
    let shades = [
        ("1B", "natural-black"),
        ("6", "chestnut-brown"),
        ("27", "strawberry-blonde"),
        ("60", "platinum-blonde"),
    ];
    for (code, name) in shades {
        for (i, seed) in [2, 4, 11].into_iter().enumerate() {
            photo(
                &folder.join(name).join(format!("{}.jpg", i + 1)),
                code,
                View::Back,
                seed,
            )?;
        }
    }
    photo(&folder.join("match-back.jpg"), "6", View::Back, 9)?;
    photo(&folder.join("match-figure.jpg"), "60", View::Figure, 13)
}

fn photo(path: &Path, code: &str, view: View, seed: u64) -> Result<(), Box<dyn Error>> {
    let ground = if seed.is_multiple_of(2) {
        Ground::Plain
    } else {
        Ground::Cluttered
    };
    let scene = Scene::new(view, Shade::of_palette(code), seed)
        .on(ground)
        .sized(1024, 1024);
    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    write(&draw(&scene), path, 88)?;
    println!("{}", path.display());
    Ok(())
}
