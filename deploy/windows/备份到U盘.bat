@echo off
chcp 65001 >nul
cd /d "%~dp0"
set "disk=%~1"
if "%disk%"=="" for /f "usebackq delims=" %%d in (`powershell -NoProfile -Command "(Get-CimInstance Win32_LogicalDisk -Filter 'DriveType=2').DeviceID" 2^>nul`) do if not defined disk set "disk=%%d\"
if "%disk%"=="" set /p "disk=没有找到U盘。请写明备份到哪里（如 E:\ 或一个文件夹）："
"program\python\python.exe" -X utf8 -m bot backup "%disk%."
pause
