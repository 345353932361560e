@echo off
chcp 65001 >nul
cd /d "%~dp0"
"program\python\python.exe" -X utf8 -m bot doctor
"program\python\python.exe" -X utf8 -m bot check
pause
