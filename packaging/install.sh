#!/bin/sh
# Installs ramix-edge from this folder, without a network: ./install.sh --help
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix=/opt/ramix
link=/usr/local/bin
service=yes
python=${PYTHON:-}

usage() {
	cat <<'END'
Installs ramix-edge into an environment of its own. Nothing is downloaded.

  sudo ./install.sh                      /opt/ramix, udev rule, systemd unit (not started)
  sudo ./install.sh --no-service         without rule and unit
  ./install.sh --prefix DIR --link DIR --no-service     for one user
  sudo ./install.sh --remove             takes away what was installed; records stay

Needs Python 3.11 or 3.12 with venv (Debian: python3, python3-venv); PYTHON=... names another one.
END
}

say() { printf '%s\n' "$*"; }
fail() { printf 'Error: %s\n' "$*" >&2; exit 1; }

remove=no
while [ $# -gt 0 ]; do
	case $1 in
	--prefix) [ $# -gt 1 ] || fail "--prefix needs a folder"; prefix=$2; shift 2 ;;
	--link) [ $# -gt 1 ] || fail "--link needs a folder"; link=$2; shift 2 ;;
	--no-service) service=no; shift ;;
	--remove) remove=yes; shift ;;
	-h | --help) usage; exit 0 ;;
	*) usage >&2; exit 2 ;;
	esac
done
case $prefix in /*) ;; *) prefix=$(pwd)/$prefix ;; esac

# Only an environment that this script made is ever taken away.
mark=$prefix/.made-by-ramix-edge
if [ $remove = yes ]; then
	[ -e "$mark" ] || fail "$prefix was not made by this installer."
	for name in ramix ramix-flash; do
		if [ "$(readlink "$link/$name" || true)" = "$prefix/bin/$name" ]; then rm "$link/$name"; fi
	done
	rm -rf "$prefix"
	say "Removed $prefix. Records, keys and settings stay where they are."
	exit 0
fi
if [ -e "$prefix" ] && [ ! -e "$mark" ]; then
	[ -z "$(ls -A "$prefix")" ] || fail "$prefix holds something else: name another --prefix."
fi

(cd "$here" && sha256sum --quiet -c SHA256SUMS) || fail "This folder is damaged: unpack it again."

if [ -z "$python" ]; then
	for name in python3.11 python3.12 python3; do
		if "$name" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
			2>/dev/null; then python=$name; break; fi
	done
fi
[ -n "$python" ] || fail "No Python 3.11 or 3.12 with venv found (Debian: python3, python3-venv)."
tag=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
grep -qx "$tag" "$here/PYTHONS" || fail "This archive is for $(tr '\n' ' ' <"$here/PYTHONS"): $python is $tag."

say "Installing into $prefix with $("$python" --version) ..."
mkdir -p "$prefix"
: >"$mark"
"$python" -m venv --clear "$prefix"
: >"$mark" # --clear took it away
"$prefix/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-compile \
	--find-links "$here/wheels" --only-binary :all: --require-hashes -r "$here/requirements.txt"
# Compiled once here: who uses it may not write there. The libraries' own tests are never run.
"$prefix/bin/python" -m compileall -q -j 0 -x '/tests?/' "$prefix/lib"
"$prefix/bin/ramix" --version

mkdir -p "$link" "$prefix/share/man" "$prefix/share/doc/ramix" "$prefix/share/bash-completion/completions"
for name in ramix ramix-flash; do ln -sf "$prefix/bin/$name" "$link/$name"; done
cp -R "$here/man/." "$prefix/share/man/"
cp -R "$here/README.md" "$here/docs" "$prefix/share/doc/ramix/"
"$prefix/bin/ramix" completion bash >"$prefix/share/bash-completion/completions/ramix" 2>/dev/null ||
	say "No bash here: its completion is left out."
if [ $service = yes ]; then "$prefix/bin/ramix" install-system --program "$prefix/bin/ramix"; fi
say "Done: $link/ramix. Try: ramix doctor"
