//! `strand-server recover`: brings back what a start did not know and set aside.

use crate::Outcome;
use strand::library::counted;
use strand::settings::Settings;
use strand::store::embedded::Embedded;

pub fn run() -> Result<Outcome, String> {
    let settings = Settings::from_env()?.quiet();
    let Some(directory) = settings.store.data_dir() else {
        return Err("this library is on AWS, which sets nothing aside; see point-in-time recovery of DynamoDB and the versions of S3.".into());
    };
    let at = directory.display();
    if !Embedded::is_at(directory) {
        return Err(format!(
            "there is no library in \"{at}\"; set STRAND_DATA_DIR to the directory of one."
        ));
    }
    settings.start_log();
    let store =
        Embedded::open(directory).map_err(|error| format!("STRAND_DATA_DIR is \"{at}\": {error}."))?;
    let recovered = store.recover().map_err(|error| error.to_string())?;
    for (file, reason) in &recovered.left {
        eprintln!("Left where it is: {}: {reason}.", file.display());
    }
    let photos = counted(recovered.photos, "photo");
    println!(
        "{}",
        match (recovered.photos, recovered.shades, recovered.known) {
            (0, 0, 0) => "Nothing is set aside.".to_owned(),
            (0, 0, known) => format!("Nothing new: the library has all {}.", counted(known, "photo")),
            (_, 0, _) => format!(
                "Brought back {photos}. Train their shades again: start the server, then send POST /train."
            ),
            (_, shades, _) => format!(
                "Brought back {photos} and {}. Train them again: start the server, then send POST /train.",
                counted(shades, "shade")
            ),
        }
    );
    let set_aside = store.set_aside();
    if set_aside.rows + set_aside.databases > 0 {
        println!(
            "Damaged parts of the database stay in {}.",
            directory.join("lost").display()
        );
    }
    Ok(if recovered.left.is_empty() {
        Outcome::Complete
    } else {
        Outcome::Partial
    })
}
