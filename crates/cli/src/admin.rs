//! `cubit admin`: looking after the database of a server, beside the server. Nothing here goes over
//! HTTP or asks who is calling: whoever may read the database may do it.

use std::io::{BufRead, stdin};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use cubit_hub::{Hub, HubError, Inspection, Swept};

use crate::error::{Error, Exit, Result};
use crate::output;
use crate::serve::{Blobs, Place, Settings, failed};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Copy the database to a file, while the server may go on
    Backup(Backup),
    /// Put a copy in the place of the database
    Restore(Restore),
    /// Read everything that is stored and check it
    Verify(DataPlace),
    /// Remove texts that no revision needs
    Gc(Gc),
    /// Give a user a password, read from standard input
    SetPassword(SetPassword),
}

/// Where the data is: as `cubit serve` is told.
#[derive(Args)]
pub(crate) struct DataPlace {
    #[arg(
        long,
        value_name = "FOLDER",
        help = "Folder of the database [default: cubit in the XDG data folder] [env: CUBIT_DATA_DIR]"
    )]
    data_dir: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        help = "PostgreSQL database [default: a file in the data folder] [env: CUBIT_DATABASE]"
    )]
    database: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        help = "Where large texts are kept [default: in the database] [env: CUBIT_BLOBS]"
    )]
    blobs: Option<String>,
    #[arg(
        long,
        value_name = "FILE",
        help = "File of settings [default: /etc/cubit/cubit.toml, if it is there] [env: CUBIT_CONFIG]"
    )]
    config: Option<PathBuf>,
}

// The URL of the database may hold a password.
impl std::fmt::Debug for DataPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataPlace").finish_non_exhaustive()
    }
}

#[derive(Debug, Args)]
pub(crate) struct Gc {
    #[arg(
        long,
        value_name = "DAYS",
        help = "Days that large texts outside of the database stay when nothing needs them [default: 7] [env: CUBIT_BLOBS_KEEP_DAYS]"
    )]
    blobs_keep_days: Option<String>,
    #[command(flatten)]
    place: DataPlace,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write, which is not there yet
    file: PathBuf,
    #[command(flatten)]
    place: DataPlace,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// A file that `cubit admin backup` wrote
    file: PathBuf,
    /// Overwrite the database that is there
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    place: DataPlace,
}

#[derive(Debug, Args)]
pub(crate) struct SetPassword {
    /// Name of the user
    username: String,
    #[command(flatten)]
    place: DataPlace,
}

impl DataPlace {
    fn settings(&self, blobs_keep_days: Option<String>) -> Result<Settings> {
        let flags = [
            ("data_dir", self.data_dir.clone()),
            ("database", self.database.clone()),
            ("blobs", self.blobs.clone()),
            ("blobs_keep_days", blobs_keep_days),
        ];
        let variable = |name: &str| std::env::var(name).ok();
        Settings::find(&flags, variable, self.config.as_deref())
    }

    fn find(&self) -> Result<Place> {
        Place::of(&self.settings(None)?)
    }

    /// The folder of the database; `command` is what does the same for `PostgreSQL`.
    fn folder(&self, command: &str) -> Result<PathBuf> {
        match self.find()? {
            Place::Folder(folder) => Ok(folder),
            Place::Server(_) => Err(Error::usage(format!(
                "the data is in PostgreSQL: use {command}"
            ))),
        }
    }
}

pub(crate) fn run(command: &Command) -> Result<Exit> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| failed("cannot start", error))?
        .block_on(async {
            match command {
                Command::Backup(arguments) => backup(arguments).await,
                Command::Restore(arguments) => restore(arguments).await,
                Command::Verify(place) => verify(place).await,
                Command::Gc(arguments) => collect_garbage(arguments).await,
                Command::SetPassword(arguments) => set_password(arguments).await,
            }
        })
}

/// The whole reason: whoever runs this has no log of a server to look at.
fn explained(error: HubError) -> Error {
    match error {
        HubError::Store(error) => Error::failed(error.to_string()),
        error => Error::failed(error.to_string()),
    }
}

async fn backup(arguments: &Backup) -> Result<Exit> {
    let folder = arguments.place.folder("pg_dump")?;
    let file = &arguments.file;
    let names_objects = cubit_hub::backup(&folder, file).await.map_err(explained)?;
    output::say(&format!("wrote {}", file.display()));
    if names_objects {
        output::say(
            "large texts are not in it: keep those of the setting `blobs` as long as this file",
        );
    }
    Ok(Exit::Success)
}

async fn restore(arguments: &Restore) -> Result<Exit> {
    let folder = arguments.place.folder("pg_restore or psql")?;
    let restored = cubit_hub::restore(&folder, &arguments.file, arguments.overwrite).await;
    restored.map_err(|error| {
        let error = explained(error);
        match arguments.overwrite {
            true => error,
            false => error.hint("--overwrite puts the copy in the place of a database"),
        }
    })?;
    output::say(&format!("restored {}", folder.display()));
    Ok(Exit::Success)
}

/// Opens what must be there: looking after a database makes none.
async fn open(place: &DataPlace) -> Result<Hub> {
    open_with(&place.settings(None)?).await
}

async fn open_with(settings: &Settings) -> Result<Hub> {
    let place = Place::of(settings)?;
    if let Place::Folder(folder) = &place
        && !folder.join("cubit.db").exists()
    {
        let folder = folder.display();
        return Err(Error::not_found(format!(
            "there is no database in {folder}"
        )));
    }
    Blobs::of(settings)?.keep(place.open().await?).await
}

async fn verify(place: &DataPlace) -> Result<Exit> {
    let hub = open(place).await?;
    let inspected = hub.inspect().await.map_err(explained);
    hub.close().await;
    let Inspection {
        organizations,
        units,
        revisions,
        blobs,
        unused_blobs,
        audit_entries,
        problems,
    } = inspected?;
    output::print(&format!(
        "organizations  {organizations}\nunits          {units}\nrevisions      {revisions}\n\
         texts          {blobs}\nunused texts   {unused_blobs}\naudit entries  {audit_entries}\n\
         problems       {}\n",
        problems.len(),
    ))?;
    for problem in &problems {
        output::print(&format!("{problem}\n"))?;
    }
    Ok(match problems.is_empty() {
        true => Exit::Success,
        false => Exit::Failed,
    })
}

async fn collect_garbage(arguments: &Gc) -> Result<Exit> {
    let settings = arguments
        .place
        .settings(arguments.blobs_keep_days.clone())?;
    let hub = open_with(&settings).await?;
    let collected = hub.collect_garbage().await.map_err(explained);
    hub.close().await;
    let (texts, Swept { deleted, waiting }) = collected?;
    output::say(&format!("removed {texts} texts"));
    if deleted + waiting > 0 {
        output::say(&format!(
            "removed {deleted} objects; {waiting} wait for their time"
        ));
    }
    Ok(Exit::Success)
}

async fn set_password(arguments: &SetPassword) -> Result<Exit> {
    let hub = open(&arguments.place).await?;
    let mut line = String::new();
    let read = stdin().lock().read_line(&mut line);
    read.map_err(|error| failed("cannot read the password", error))?;
    let password = line.trim_end_matches(['\r', '\n']);
    let username = &arguments.username;
    let stored = async {
        let user = hub.user_named(username).await?;
        hub.store_password(user, password).await
    };
    let stored = stored.await.map_err(explained);
    hub.close().await;
    stored?;
    output::say(&format!("the password of `{username}` was set"));
    Ok(Exit::Success)
}
