#!/bin/sh
# 双击（或在终端里）运行；第一次会在浏览器里问五个问题。关掉这个窗口，清风就停了。
cd "$(dirname "$(readlink -f "$0")")" || exit 2
exec program/qingfeng run --open "$@"
