# Builds obkit from its source tree and runs the unit tests, as an ordinary user.
# What stays out of the copy is in .dockerignore.
FROM debian:12
RUN --network=host apt-get update && \
    DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends \
        autoconf automake bison check gcc libarchive-dev libc6-dev libjansson-dev \
        libseccomp-dev libsqlite3-dev libssl-dev make pkg-config re2c && \
    rm -rf /var/lib/apt/lists/*
RUN useradd --create-home builder
USER builder
WORKDIR /home/builder/obkit
COPY --chown=builder:builder . .
RUN autoreconf -fi && ./configure --silent
RUN make -s -j"$(nproc)"
RUN make -s -j"$(nproc)" check-unit VERBOSE=1
RUN ./obkit --version
