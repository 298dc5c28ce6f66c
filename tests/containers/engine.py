"""A Docker engine to test on, and stand-ins for the public images where no image registry can be reached."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "target" / "containers"

# Where the stand-ins keep the certificates that this machine trusts; installing ca-certificates leaves it alone.
CERTIFICATES = "/usr/local/share/machine-certificates.crt"


class Failed(Exception):
    """A check that did not hold, or a tool that failed; the message is for people."""


def run(*command, **options):
    """Runs a command and gives its output, trimmed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-4000:]
        raise Failed(f"{' '.join(str(word) for word in command[:6])} ... failed ({done.returncode}):\n{said}")
    return done.stdout.strip()


def docker(*arguments, **options):
    return run("docker", *arguments, **options)


class Engine:
    """The engine that the environment names or the usual socket reaches, else one of our own, which ends with us."""

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
        # Where no init system runs, nobody has mounted what containers are limited by.
        if not os.path.ismount("/sys/fs/cgroup") and shutil.which("cgroupfs-mount"):
            run("cgroupfs-mount")
        # A socket's path must be short; the images stay for the next run.
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
        # What a killed engine leaves mounted must not be deleted through.
        if not subprocess.run(["findmnt", "--submounts", self.place], capture_output=True).stdout:
            shutil.rmtree(self.place, ignore_errors=True)


def gateway():
    """The address under which containers reach this machine."""
    return docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}") or "172.17.0.1"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def have(image):
    return subprocess.run(["docker", "image", "inspect", image], capture_output=True).returncode == 0


def base_images():
    """Makes sure of the images that the Dockerfile starts from."""
    rust = next(
        line.removeprefix("ARG RUST=") for line in (ROOT / "Dockerfile").read_text().splitlines() if "ARG RUST=" in line
    )
    debian, builder = "debian:bookworm-slim", f"rust:{rust}-slim-bookworm"
    for image, stand_in in ((debian, debian_stand_in), (builder, builder_stand_in)):
        if have(image):
            continue
        if subprocess.run(["docker", "pull", "--quiet", image], capture_output=True, timeout=300).returncode != 0:
            print(f"{image}: no registry has it here; building a stand-in.", flush=True)
            stand_in(image)


def debian_stand_in(image):
    """Debian's own packages, and the certificates by which this machine knows its package registries."""
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
            raise Failed("the packed Debian is not whole")


def builder_stand_in(image):
    """This machine's Rust on top of that."""
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
