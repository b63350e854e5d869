#!/usr/bin/env bash
# Builds the container image of a storage node, without a daemon:
#
#   deploy/image.sh [name]            an image in the local store of buildah, podman or docker
#   OUT=dsm.tar deploy/image.sh       an OCI archive
#   BASE=mmdebstrap deploy/image.sh   on a base that mmdebstrap makes here, not one from a registry
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
name=${1:-dsm-node}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

# Only what is committed, so that no key or store of this machine gets into an image.
mkdir "$stage/context"
git -C "$root" archive HEAD core host apps tools package.json package-lock.json .npmrc LICENSE |
  tar -x -C "$stage/context"
(cd "$stage/context" && npm ci --omit=dev --no-audit --no-fund --silent)
mkdir "$stage/context/bin"
mv "$stage"/context/node_modules/node-linux-*/bin/node "$stage/context/bin/node"
rm -rf "$stage"/context/node_modules/node-linux-* "$stage/context/tools"

build=(buildah build --isolation chroot)
command -v buildah >/dev/null || build=(podman build)
command -v "${build[0]}" >/dev/null || build=(docker build)

base=()
if [ "${BASE:-}" = mmdebstrap ]; then
  # Node needs the C and C++ libraries and nothing else: no shell, no package manager.
  mmdebstrap --quiet --variant=extract --include=base-files,libc6,libstdc++6,libatomic1 \
    --aptopt='Apt::Install-Recommends "false"' bookworm "$stage/base.tar"
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$stage/base.tar" / >/dev/null
  buildah commit --quiet "$container" dsm-base >/dev/null
  buildah rm "$container" >/dev/null
  base=(--build-arg BASE=localhost/dsm-base)
elif [ -n "${BASE:-}" ]; then
  base=(--build-arg "BASE=$BASE")
fi

"${build[@]}" "${base[@]}" --file "$root/deploy/Containerfile" --tag "$name" "$stage/context"
[ -z "${OUT:-}" ] || buildah push "$name" "oci-archive:$OUT"
