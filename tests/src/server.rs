//! Starts the real `strand-server` for a test, and makes sure that it ends with the test.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::client::Client;

/// A start or a stop that takes longer than this fails the test. No test depends on how fast either is.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server process that belongs to the test, or the deployment that `STRAND_BASE_URL` names.
pub struct Server {
    base: String,
    own: Option<Own>,
}

struct Own {
    process: Child,
    /// Ends the server if this test process dies without dropping it: its input closes together with the process.
    guard: Child,
    /// The number of log bytes that earlier processes wrote.
    logged_before: usize,
    place: TempDir,
    environment: Vec<(String, String)>,
}

/// The server that most tests share. Each test uses its own names.
///
/// # Panics
/// If it does not start.
pub fn shared() -> &'static Server {
    static SHARED: LazyLock<Server> = LazyLock::new(|| deployment().unwrap_or_else(|| Server::start(&[])));
    &SHARED
}

/// The deployment that `STRAND_BASE_URL` names; `None` if it is not set. It requires the feature `deployment`, which
/// ignores the tests that need more than a URL.
///
/// # Panics
/// If only one of the two is set.
pub fn deployment() -> Option<Server> {
    let base = std::env::var("STRAND_BASE_URL")
        .ok()
        .filter(|base| !base.is_empty());
    assert_eq!(
        base.is_some(),
        cfg!(feature = "deployment"),
        "set STRAND_BASE_URL and build with --features strand-tests/deployment, or neither"
    );
    Some(Server {
        base: base?,
        own: None,
    })
}

/// Whether that deployment is the Lambda functions under `sam local`: several processes that handle one request at a
/// time each, behind a gateway that forwards a response only when it is complete.
pub fn emulated_functions() -> bool {
    cfg!(feature = "functions")
}

fn may_wipe() -> bool {
    cfg!(feature = "wipe")
}

/// A server that no other test changes, for tests that are ignored when a deployment is tested.
pub fn private() -> Server {
    private_with(&[])
}

/// Like [`private`], with more environment variables.
pub fn private_with(environment: &[(&str, &str)]) -> Server {
    Server::start(environment)
}

/// A server whose library is empty, and that no other test uses meanwhile. A deployment has only one library, which is
/// emptied first. Run such tests one at a time there.
///
/// # Panics
/// If emptying the deployment's library is not allowed. The feature `wipe` allows it.
pub async fn alone() -> Server {
    let Some(server) = deployment() else {
        return Server::start(&[]);
    };
    assert!(
        may_wipe(),
        "only --features strand-tests/wipe allows emptying the deployment's library"
    );
    let client = server.client();
    for color in client
        .get("/colors")
        .await
        .expect(200)
        .as_array()
        .into_iter()
        .flatten()
    {
        client.delete(&format!("/colors/{}", color["id"])).await;
    }
    client.post("/clear-cache").await;
    server
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default()
}

/// The path of the server's binary.
///
/// # Panics
/// If it is missing. The message says how to build it.
pub fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("STRAND_SERVER_BIN") {
        return named.into();
    }
    // This test's executable is in target/debug/deps, and the server's in target/debug.
    let here = std::env::current_exe().unwrap_or_default();
    let found = here
        .ancestors()
        .skip(1)
        .take(3)
        .map(|folder| folder.join("strand-server"))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "strand-server is neither next to {} nor named by STRAND_SERVER_BIN; run `make test`, which builds it first",
            here.display()
        )
    })
}

impl Server {
    /// Starts a server with an empty library on a port that the operating system chooses, and waits until it is
    /// healthy.
    ///
    /// # Panics
    /// If it does not become healthy. The message contains its log.
    pub fn start(environment: &[(&str, &str)]) -> Self {
        let place = tempfile::Builder::new()
            .prefix("strand-")
            .tempdir()
            .expect("a temporary folder");
        let environment: Vec<(String, String)> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let (process, guard) = launch(&place, &environment);
        let own = Own {
            process,
            guard,
            logged_before: 0,
            place,
            environment,
        };
        let mut server = Self {
            base: String::new(),
            own: Some(own),
        };
        server.wait_until_healthy();
        server
    }

    /// Whether the process belongs to the test, which may then kill it and read its files.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// The server's base URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A client of this server.
    pub fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.mine().process.id()
    }

    /// The folder of the server's library.
    pub fn data(&self) -> PathBuf {
        self.mine().place.path().join("data")
    }

    /// All output of the server, standard output and error.
    pub fn log(&self) -> String {
        fs::read_to_string(self.mine().place.path().join("log")).unwrap_or_default()
    }

    /// Kills the server, as a power cut would.
    ///
    /// # Panics
    /// If the operating system does not allow it.
    pub fn kill(&mut self) {
        let own = self.mine_mut();
        own.process.kill().expect("our own child can be killed");
        own.process.wait().expect("a killed child ends");
    }

    /// Stops the server as a container engine would, and returns its exit status.
    ///
    /// # Panics
    /// If it does not end.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal_terminate();
        self.wait_for_end()
    }

    /// Waits for a server that has received a signal, and returns its exit status.
    ///
    /// # Panics
    /// If it does not end.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self
                .mine_mut()
                .process
                .try_wait()
                .expect("our own child can be asked")
            {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "SIGTERM did not end the server:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends SIGTERM and does not wait.
    ///
    /// # Panics
    /// If there is no shell.
    pub fn signal_terminate(&self) {
        let script = format!("kill -TERM {}", self.pid());
        Command::new("sh")
            .args(["-c", &script])
            .status()
            .expect("a shell");
    }

    /// Starts the server again on the same library after [`kill`](Self::kill) or [`terminate`](Self::terminate). It
    /// then listens on another port, so earlier clients do not reach it.
    ///
    /// # Panics
    /// If it does not become healthy again.
    pub fn start_again(&mut self) {
        let logged_before = self.log().len();
        let own = self.mine_mut();
        end(&mut own.guard);
        own.logged_before = logged_before;
        (own.process, own.guard) = launch(&own.place, &own.environment);
        self.wait_until_healthy();
    }

    /// Waits until the log has a line with `words`.
    ///
    /// # Panics
    /// If the process ends or hangs first. The message contains the log.
    pub fn wait_for_log(&mut self, words: &str) {
        self.wait_until(words, |server| server.latest_log().contains(words).then_some(()));
    }

    fn wait_until_healthy(&mut self) {
        let port = self.wait_until("a healthy server", |server| {
            port_in(&server.latest_log()).filter(|port| answers(*port))
        });
        self.base = format!("http://127.0.0.1:{port}");
    }

    fn wait_until<T>(&mut self, what: &str, mut found: impl FnMut(&Self) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = found(self) {
                return found;
            }
            let process = &mut self.mine_mut().process;
            let ended = process.try_wait().expect("our own child can be asked");
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "no sign of {what} ({ended:?}):\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The output of the current process.
    fn latest_log(&self) -> String {
        self.log().split_off(self.mine().logged_before)
    }

    fn mine(&self) -> &Own {
        self.own
            .as_ref()
            .expect("only a server of the test's own has a process")
    }

    fn mine_mut(&mut self) -> &mut Own {
        self.own
            .as_mut()
            .expect("only a server of the test's own has a process")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() && self.own.is_some() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().rev().take(30).collect();
            let tail: Vec<&str> = lines.into_iter().rev().collect();
            eprintln!("the server's log ends:\n{}", tail.join("\n"));
        }
        if let Some(own) = &mut self.own {
            end(&mut own.process);
            end(&mut own.guard);
        }
    }
}

/// Runs the server with a wrong environment, and returns its exit status and output.
///
/// # Panics
/// If it starts.
pub fn refuse_to_start(environment: &[(&str, &str)]) -> (ExitStatus, String) {
    let place = tempfile::tempdir().expect("a temporary folder");
    let environment: Vec<_> = environment
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    let (mut process, mut guard) = launch(&place, &environment);
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = process.try_wait().expect("our own child can be asked") {
            break status;
        }
        if Instant::now() > deadline {
            end(&mut process);
            panic!("the server started with {environment:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    end(&mut guard);
    (
        status,
        fs::read_to_string(place.path().join("log")).unwrap_or_default(),
    )
}

fn launch(place: &TempDir, environment: &[(String, String)]) -> (Child, Child) {
    let log = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(place.path().join("log"))
        .expect("a log file");
    let models = std::env::var_os("STRAND_MODELS_DIR").unwrap_or_else(|| root().join("models").into());
    let mut command = Command::new(binary());
    for inherited in [
        "STRAND_API_KEY",
        "ALLOWED_ORIGINS",
        "STRAND_STORE",
        "STRAND_THREADS",
        "STRAND_PRELOAD",
    ] {
        command.env_remove(inherited);
    }
    command
        .current_dir(place.path())
        .env("PORT", "0")
        .env("STRAND_DATA_DIR", place.path().join("data"))
        .env("STRAND_MODELS_DIR", models)
        .env("RUST_LOG", "info")
        .envs(environment.iter().cloned())
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log);
    let process = command
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", binary().display()));
    let script = "cat >/dev/null; kill -9 \"$0\" 2>/dev/null; rm -rf \"$1\"";
    let guard = Command::new("sh")
        .args(["-c", script, &process.id().to_string()])
        .arg(place.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    (process, guard)
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The port on which the server says it listens.
fn port_in(log: &str) -> Option<u16> {
    let (_, rest) = log.split_once("Listening on http://localhost:")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    rest[..digits].parse().ok()
}

/// Whether `GET /health` returns 200. The request is written by hand, because there is no runtime yet.
fn answers(port: u16) -> bool {
    use std::io::Read as _;
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
