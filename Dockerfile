# Strand's images, one target each:
#
#   docker build --tag strand .                             the server: everything in one process
#   docker build --target analyze --tag strand-analyze .    a Lambda function; likewise colors and train
#
# All targets share the build stage, so each further image takes little time. BuildKit is not needed.

# The release in rust-toolchain.toml. That file is not copied, because rustup would fetch clippy and rustfmt for it.
ARG RUST=1.95.0

# The workspace without its code: every crate has an empty library and an empty program. The next stage copies only
# this, so Docker reuses its layer of built dependencies until a manifest or the lock file changes.
FROM debian:bookworm-slim AS manifests
WORKDIR /strand
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock -delete \
    && find . -mindepth 2 -name Cargo.toml -execdir mkdir -p src \; \
    && find . -type d -name src -exec sh -c 'touch "$1/lib.rs" && echo "fn main() { }" >"$1/main.rs"' - {} \; \
    && find . -type d -empty -delete

FROM rust:${RUST}-slim-bookworm AS build
WORKDIR /strand
ENV CARGO_TERM_COLOR=never
# For the SIMD of libjpeg; without it, JPEGs take longer.
RUN apt-get update \
    && apt-get install -y --no-install-recommends nasm \
    && rm -rf /var/lib/apt/lists/*
COPY --from=manifests /strand .
# Two calls, because Cargo unifies the features of all packages of one call: built together with the server, the
# functions would link SQLite and tar. The cost: the second call builds a sixth of the server's crates again, with other
# features (the HTTP stack, the AWS SDKs, and what uses them). Both calls are in one stage, because the functions that
# run networks need the server as well: it fetches their hair parser.
ARG BUILD="cargo build --profile image --locked"
ARG SERVER="--package strand-server"
ARG FUNCTIONS="--package strand-analyze --package strand-colors --package strand-train"
RUN $BUILD $SERVER && $BUILD $FUNCTIONS
COPY . .
# Cargo compares times, and the copied files are older than the stand-ins that were just built.
RUN find . -name '*.rs' -not -path './target/*' -exec touch {} + \
    && $BUILD $SERVER \
    && $BUILD $FUNCTIONS \
    && mkdir /binaries \
    && cd target/image \
    && mv strand-server strand-analyze strand-colors strand-train /binaries

# ONNX Runtime from its wheel; the script verifies the checksum.
FROM debian:bookworm-slim AS onnxruntime
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3-pip \
    && rm -rf /var/lib/apt/lists/*
COPY models/fetch-onnxruntime models/onnxruntime.txt models/onnxruntime.sha256 /fetch/
RUN /fetch/fetch-onnxruntime /onnxruntime \
    && gzip -9 /onnxruntime/ThirdPartyNotices.txt

# The hair parser: the one inside the binary, or the one that --build-arg STRAND_PARSER=NAME names (models/README.md).
# It comes from models/ if it was fetched before, otherwise from its URL; the server verifies its checksum.
FROM build AS models
ARG STRAND_PARSER=hair-parser
RUN mkdir -p /models \
    && STRAND_MODELS_DIR=/models STRAND_MODELS_MIRROR=models /binaries/strand-server models fetch "$STRAND_PARSER"

# What all images have: certificates for HTTPS to S3 and DynamoDB, and the name of the parser. The name is part of the
# feature space's id, so it must be the same in every image, even in the one without networks.
FROM debian:bookworm-slim AS base
ARG STRAND_PARSER=hair-parser
COPY --from=onnxruntime /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
ENV STRAND_PARSER=$STRAND_PARSER
LABEL org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.vendor="Strand"

FROM base AS vision
COPY --from=onnxruntime /onnxruntime /strand/models/onnxruntime
COPY --from=models /models /strand/models

# The functions. Lambda runs them as its own user with a read-only root, whatever USER says. `sam local` adds its
# emulator as the image's user, so that user stays root. The stage of API Gateway is not part of a path.
FROM base AS colors
LABEL org.opencontainers.image.title="strand-colors" \
    org.opencontainers.image.description="Strand on Lambda: shades and their photos"
ENV STRAND_STORE=aws AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH=1
COPY --from=build /binaries/strand-colors /strand/
ENTRYPOINT ["/strand/strand-colors"]

FROM vision AS analyze
LABEL org.opencontainers.image.title="strand-analyze" \
    org.opencontainers.image.description="Strand on Lambda: matching photos"
ENV STRAND_STORE=aws AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH=1
COPY --from=build /binaries/strand-analyze /strand/
ENTRYPOINT ["/strand/strand-analyze"]

# With the command `worker`, it works on the jobs of the queue.
FROM vision AS train
LABEL org.opencontainers.image.title="strand-train" \
    org.opencontainers.image.description="Strand on Lambda: training shades"
ENV STRAND_STORE=aws AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH=1
COPY --from=build /binaries/strand-train /strand/
ENTRYPOINT ["/strand/strand-train"]

# All of Strand in one process. It writes only to /data, so the root may be read-only.
FROM vision AS server
LABEL org.opencontainers.image.title="strand" \
    org.opencontainers.image.description="Hair-shade matching: everything in one process"
# In a container, only its published ports reach it.
ENV STRAND_LISTEN=0.0.0.0
ENV STRAND_DATA_DIR=/data
RUN install -d -o 10001 -g 10001 /data
COPY --from=build /binaries/strand-server /strand/
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["/strand/strand-server", "healthcheck"]
ENTRYPOINT ["/strand/strand-server"]
