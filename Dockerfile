# Strand's images, one target each:
#
#   docker build --tag strand .                             the server: everything in one process
#   docker build --target analyze --tag strand-analyze .    a Lambda function; likewise colors and train
#
# They share the build stage, so the second image builds quickly. Any builder works, with or without BuildKit.

# Keep this in step with rust-toolchain.toml, which is not copied: rustup would download clippy and rustfmt for it.
ARG RUST=1.95.0

# The workspace without its code. While the manifests and the lock file stay the same, what is copied from here does
# too, and Docker reuses the layer with the built dependencies.
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
COPY --from=manifests /strand .
ARG BUILD="cargo build --profile image --locked --package strand-server --package strand-analyze --package strand-colors --package strand-train"
RUN $BUILD
COPY . .
# Cargo compares timestamps, and the copied files are older than the placeholders just built.
RUN find . -name '*.rs' -not -path './target/*' -exec touch {} + \
    && $BUILD \
    && mkdir /binaries \
    && cd target/image \
    && mv strand-server strand-analyze strand-colors strand-train /binaries

# ONNX Runtime from its wheel, verified by its checksum.
FROM debian:bookworm-slim AS onnxruntime
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3-pip \
    && rm -rf /var/lib/apt/lists/*
COPY models/fetch-onnxruntime models/onnxruntime.txt /fetch/
RUN /fetch/fetch-onnxruntime /onnxruntime \
    && gzip -9 /onnxruntime/ThirdPartyNotices.txt

# The hair parser: the one in the binary, or the one that --build-arg STRAND_PARSER=NAME names (models/README.md). It is
# taken from models/ if it is there, else from its URL, and verified by its checksum.
FROM build AS models
ARG STRAND_PARSER=hair-parser
RUN mkdir -p /models \
    && STRAND_MODELS_DIR=/models STRAND_MODELS_MIRROR=models /binaries/strand-server models fetch "$STRAND_PARSER"

# Common to all images: certificates for HTTPS to S3 and DynamoDB, and the name of the parser. The name is part of the
# feature space, so it must be the same in every image, also in the one without networks.
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

# With the command `worker`, this image is the worker of the queue.
FROM vision AS train
LABEL org.opencontainers.image.title="strand-train" \
    org.opencontainers.image.description="Strand on Lambda: training shades"
ENV STRAND_STORE=aws AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH=1
COPY --from=build /binaries/strand-train /strand/
ENTRYPOINT ["/strand/strand-train"]

# Everything in one process. It writes only to /data, so the root may be read-only.
FROM vision AS server
LABEL org.opencontainers.image.title="strand" \
    org.opencontainers.image.description="Hair-shade matching: everything in one process"
ENV STRAND_DATA_DIR=/data
RUN install -d -o 10001 -g 10001 /data
COPY --from=build /binaries/strand-server /strand/
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["/strand/strand-server", "healthcheck"]
ENTRYPOINT ["/strand/strand-server"]
