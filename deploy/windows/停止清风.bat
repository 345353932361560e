@echo off
chcp 65001 >nul
cd /d "%~dp0"
"program\python\python.exe" -X utf8 -m bot stop
if errorlevel 1 echo 停不下来时，直接关掉标题为“清风”的窗口。
pause
