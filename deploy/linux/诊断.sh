#!/bin/sh
cd "$(dirname "$(readlink -f "$0")")" || exit 2
exec program/qingfeng doctor
