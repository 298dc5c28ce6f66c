//! Starts the real `strand-server` for a test and makes sure that it is gone afterwards.

use std::fs;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::client::Client;

/// How long a start or a stop may take on a busy machine before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server process of the test's own, or the deployment that `STRAND_BASE_URL` names.
pub struct Server {
    base: String,
    own: Option<Own>,
}

struct Own {
    process: Child,
    /// Ends the server should this test process die without dropping it: its input closes with us.
    guard: Child,
    port: u16,
    place: TempDir,
    environment: Vec<(String, String)>,
}

/// The one server that most tests share: they keep apart by names of their own.
///
/// # Panics
/// Where it does not start.
pub fn shared() -> &'static Server {
    static SHARED: LazyLock<Server> = LazyLock::new(|| deployment().unwrap_or_else(|| Server::start(&[])));
    &SHARED
}

/// The existing deployment that the suite is pointed at, if it is.
pub fn deployment() -> Option<Server> {
    let base = std::env::var("STRAND_BASE_URL")
        .ok()
        .filter(|base| !base.is_empty())?;
    Some(Server { base, own: None })
}

/// Whether that deployment is the Lambda functions under `sam local`, as `STRAND_TEST_FUNCTIONS=1` says: several
/// processes that answer one request at a time each, behind a gateway that hands an answer on when it is complete.
pub fn emulated_functions() -> bool {
    std::env::var_os("STRAND_TEST_FUNCTIONS").is_some_and(|value| value == "1")
}

/// A server whose library nobody else changes; with a deployment there is only the one, and `None` says that the
/// test named `test` was left out.
pub fn private(test: &str) -> Option<Server> {
    private_with(test, &[])
}

/// The same with further environment variables.
pub fn private_with(test: &str, environment: &[(&str, &str)]) -> Option<Server> {
    if deployment().is_some() {
        not_run(
            test,
            "it needs a server process of its own, and STRAND_BASE_URL names a deployment",
        );
        return None;
    }
    Some(Server::start(environment))
}

/// A server whose library is empty and nobody else's while the test runs. A deployment has only the one library, so it
/// is emptied first, where `STRAND_TEST_WIPE=1` says that it may be; run such tests one at a time.
pub async fn alone(test: &str) -> Option<Server> {
    let Some(server) = deployment() else {
        return Some(Server::start(&[]));
    };
    if std::env::var_os("STRAND_TEST_WIPE").is_none_or(|value| value != "1") {
        not_run(
            test,
            "it needs an empty library; STRAND_TEST_WIPE=1 lets it empty the deployment's",
        );
        return None;
    }
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
    Some(server)
}

/// Says on the terminal, past the test runner's capture, that a test was left out and why.
pub fn not_run(test: &str, reason: &str) {
    let _ = writeln!(std::io::stderr(), "NOT RUN {test}: {reason}");
}

/// Says that a test that depends on what the machine has did run.
pub fn did_run(test: &str) {
    let _ = writeln!(std::io::stderr(), "RUN {test}");
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default()
}

/// The server's binary.
///
/// # Panics
/// Where there is none, saying how to get it.
pub fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("STRAND_SERVER_BIN") {
        return named.into();
    }
    // This test's executable lies in target/debug/deps, the server's in target/debug.
    let here = std::env::current_exe().unwrap_or_default();
    let found = here
        .ancestors()
        .skip(1)
        .take(3)
        .map(|folder| folder.join("strand-server"))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "strand-server is neither beside {} nor named by STRAND_SERVER_BIN; run `make test`, which builds it first",
            here.display()
        )
    })
}

impl Server {
    /// Starts a server on a free port with an empty library, and waits until it is healthy.
    ///
    /// # Panics
    /// Where it does not become healthy; its log is in the message.
    pub fn start(environment: &[(&str, &str)]) -> Self {
        let place = tempfile::Builder::new()
            .prefix("strand-")
            .tempdir()
            .expect("a temporary folder");
        let environment: Vec<(String, String)> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let port = free_port();
        let (process, guard) = launch(&place, port, &environment);
        let own = Own {
            process,
            guard,
            port,
            place,
            environment,
        };
        let mut server = Self {
            base: format!("http://127.0.0.1:{port}"),
            own: Some(own),
        };
        server.wait_until_healthy();
        server
    }

    /// Whether the process is the test's own, to be killed and looked into.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Where it listens.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.mine().process.id()
    }

    /// The folder of its library.
    pub fn data(&self) -> PathBuf {
        self.mine().place.path().join("data")
    }

    /// All that it has written to its standard output and error.
    pub fn log(&self) -> String {
        fs::read_to_string(self.mine().place.path().join("log")).unwrap_or_default()
    }

    /// Ends it as a power cut would.
    ///
    /// # Panics
    /// Where the system does not let us.
    pub fn kill(&mut self) {
        let own = self.mine_mut();
        own.process.kill().expect("our own child can be killed");
        own.process.wait().expect("a killed child ends");
    }

    /// Ends it as a container engine would, and says how it went.
    ///
    /// # Panics
    /// Where it does not end in time.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal_terminate();
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
    /// Where there is no shell.
    pub fn signal_terminate(&self) {
        let script = format!("kill -TERM {}", self.pid());
        Command::new("sh")
            .args(["-c", &script])
            .status()
            .expect("a shell");
    }

    /// Starts it again on the same library after [`kill`](Self::kill) or [`terminate`](Self::terminate).
    ///
    /// # Panics
    /// Where it does not become healthy again.
    pub fn start_again(&mut self) {
        let own = self.mine_mut();
        end(&mut own.guard);
        (own.process, own.guard) = launch(&own.place, own.port, &own.environment);
        self.wait_until_healthy();
    }

    fn wait_until_healthy(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let port = self.mine().port;
        while !answers(port) {
            if let Some(status) = self
                .mine_mut()
                .process
                .try_wait()
                .expect("our own child can be asked")
            {
                panic!(
                    "the server ended with {status} before it was healthy:\n{}",
                    self.log()
                );
            }
            assert!(
                Instant::now() < deadline,
                "the server did not become healthy:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
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

/// Runs the server with a wrong environment and gives its exit status and what it said.
///
/// # Panics
/// Where it starts after all.
pub fn refuse_to_start(environment: &[(&str, &str)]) -> (ExitStatus, String) {
    let place = tempfile::tempdir().expect("a temporary folder");
    let environment: Vec<_> = environment
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    let (mut process, mut guard) = launch(&place, free_port(), &environment);
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

fn launch(place: &TempDir, port: u16, environment: &[(String, String)]) -> (Child, Child) {
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
        .env("PORT", port.to_string())
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

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener
        .local_addr()
        .expect("a bound listener has an address")
        .port()
}

/// Whether `GET /health` is answered with 200; by hand, as it is asked before there is a runtime.
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
