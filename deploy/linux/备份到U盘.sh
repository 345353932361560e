#!/bin/sh
# 备份到第一个插着的U盘；没有找到时，写明文件夹：./备份到U盘.sh /mnt/备份
cd "$(dirname "$(readlink -f "$0")")" || exit 2
where=$1
for disk in /media/"$(id -un)"/* /run/media/"$(id -un)"/*; do
    if [ -z "$where" ] && [ -d "$disk" ] && [ -w "$disk" ]; then where=$disk; fi
done
if [ -z "$where" ]; then echo "没有找到U盘。请插好，或写明文件夹：./备份到U盘.sh /mnt/备份"; exit 1; fi
exec program/qingfeng backup "$where"
