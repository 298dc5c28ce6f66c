"""A Docker engine to test on, and local builds of the public base images for machines that reach no image registry."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "target" / "containers"

# The certificates that this machine trusts, in the local base images; installing ca-certificates does not change them.
CERTIFICATES = "/usr/local/share/machine-certificates.crt"


class Failed(Exception):
    """A check or a tool failed; the message is for people."""


def run(*command, **options):
    """Runs a command and returns its output, trimmed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-4000:]
        raise Failed(f"{' '.join(str(word) for word in command[:6])} ... failed ({done.returncode}):\n{said}")
    return done.stdout.strip()


def docker(*arguments, **options):
    return run("docker", *arguments, **options)


class Engine:
    """The engine of the environment or of the usual socket, otherwise a new one, which ends with these tests."""

    def __init__(self):
        self.process = None

    def __enter__(self):
        if subprocess.run(["docker", "version"], capture_output=True).returncode == 0:
            return self
        for tool in ("docker", "dockerd"):
            if shutil.which(tool) is None:
                raise Failed(f"{tool} is needed (Debian: apt-get install docker.io), or a DOCKER_HOST that answers.")
        if os.geteuid() != 0:
            raise Failed("No Docker engine answers, and only root can start one.")
        STATE.mkdir(parents=True, exist_ok=True)
        # Without an init system, the control groups that limit containers are not mounted yet.
        if not os.path.ismount("/sys/fs/cgroup") and shutil.which("cgroupfs-mount"):
            run("cgroupfs-mount")
        # The path of a socket must be short. The images stay for the next run.
        self.place = Path(tempfile.mkdtemp(prefix="strand-engine-"))
        socket = f"unix://{self.place}/socket"
        command = ["dockerd", "--host", socket, "--data-root", STATE / "docker", "--exec-root", self.place / "exec"]
        with open(STATE / "dockerd.log", "w") as log:
            self.process = subprocess.Popen(
                [*command, "--pidfile", self.place / "pid"], stdout=log, stderr=log, start_new_session=True
            )
        os.environ["DOCKER_HOST"] = socket
        deadline = time.monotonic() + 60
        while subprocess.run(["docker", "version"], capture_output=True).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = (STATE / "dockerd.log").read_text()[-2000:]
                self.__exit__()
                raise Failed(f"dockerd does not start:\n{tail}")
            time.sleep(0.2)
        return self

    def __exit__(self, *_):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        # A killed engine may leave mounts behind; deleting them would delete what they show.
        if not subprocess.run(["findmnt", "--submounts", self.place], capture_output=True).stdout:
            shutil.rmtree(self.place, ignore_errors=True)


def gateway():
    """The address at which containers reach this machine. Docker Desktop runs them in a machine of its own."""
    if "Docker Desktop" in docker("info", "--format", "{{.OperatingSystem}}"):
        return "host.docker.internal"
    return docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}") or "172.17.0.1"


def have(image):
    return subprocess.run(["docker", "image", "inspect", image], capture_output=True).returncode == 0


def base_images():
    """Pulls or builds the images that the Dockerfile starts from."""
    rust = next(
        line.removeprefix("ARG RUST=") for line in (ROOT / "Dockerfile").read_text().splitlines() if "ARG RUST=" in line
    )
    debian, builder = "debian:bookworm-slim", f"rust:{rust}-slim-bookworm"
    for image, stand_in in ((debian, debian_stand_in), (builder, builder_stand_in)):
        if have(image):
            continue
        if subprocess.run(["docker", "pull", "--quiet", image], capture_output=True, timeout=300).returncode != 0:
            print(f"{image}: cannot be pulled; building it locally.", flush=True)
            stand_in(image)


def debian_stand_in(image):
    """Debian's own packages, with the certificates that this machine trusts."""
    with tempfile.TemporaryDirectory(prefix="strand-debian-") as folder:
        run("debootstrap", "--variant=minbase", "bookworm", folder)
        for unneeded in ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists"):
            shutil.rmtree(Path(folder, unneeded), ignore_errors=True)
            Path(folder, unneeded).mkdir()
        Path(folder, "var/cache/apt/archives/partial").mkdir(parents=True)
        certificates = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
        changes = ["--change", 'CMD ["bash"]']
        if Path(certificates).is_file():
            shutil.copy(certificates, folder + CERTIFICATES)
            for variable in ("SSL_CERT_FILE", "PIP_CERT", "CARGO_HTTP_CAINFO"):
                changes += ["--change", f"ENV {variable}={CERTIFICATES}"]
        archive = subprocess.Popen(["tar", "-C", folder, "--numeric-owner", "-c", "."], stdout=subprocess.PIPE)
        docker("import", *changes, "-", image, stdin=archive.stdout)
        if archive.wait() != 0:
            raise Failed("tar could not pack Debian")


def builder_stand_in(image):
    """The same with this machine's Rust."""
    toolchain = Path(run("rustc", "--print", "sysroot", cwd=ROOT))
    with tempfile.TemporaryDirectory(prefix="strand-rust-") as folder:
        for part in ("bin", "lib"):
            run("cp", "-a", toolchain / part, folder)
        Path(folder, "Dockerfile").write_text(
            "FROM debian:bookworm-slim\n"
            "RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev"
            " && rm -rf /var/lib/apt/lists/*\n"
            "COPY bin /usr/local/bin\n"
            "COPY lib /usr/local/lib\n"
        )
        docker("build", "--tag", image, folder)
