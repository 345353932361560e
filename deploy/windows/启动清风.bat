@echo off
chcp 65001 >nul
rem 双击运行。第一次会在浏览器里问五个问题。关掉这个窗口，清风就停了。
title 清风
cd /d "%~dp0"
"program\python\python.exe" -X utf8 -m bot run --open %*
if errorlevel 1 pause
