@echo off
rem SPDX-License-Identifier: BSD-3-Clause
rem Installs virt-balloon's agent in a Windows guest without asking anything, or brings an older one up to date.
rem Windows 7, Server 2008 R2 and later.
rem
rem   install.cmd              installs the program that stands beside this script, and starts it
rem   install.cmd /uninstall   takes it out again
rem
rem Run it as an administrator, or as SYSTEM (an answer file's FirstLogonCommands, a group policy's startup script,
rem SetupComplete.cmd). The exit status is 0 when all went well.
rem
rem No parentheses: a path with one in it, as "Program Files (x86)" has, would end the block early.
setlocal
set "source=%~dp0virt-balloon-agent.exe"
set "folder=%ProgramFiles%\virt-balloon"
rem A 32-bit command interpreter on 64-bit Windows is shown another folder.
if defined ProgramW6432 set "folder=%ProgramW6432%\virt-balloon"
set "agent=%folder%\virt-balloon-agent.exe"

if /i "%~1"=="/uninstall" goto uninstall
if not "%~1"=="" goto usage
if not exist "%source%" goto missing
if not exist "%folder%" mkdir "%folder%"
rem A program that runs cannot be replaced.
if exist "%agent%" "%agent%" --stop >nul 2>&1
rem The folder's own access list counts for the copy: administrators alone may write.
copy /b /y "%source%" "%agent%" >nul
if errorlevel 1 goto denied
"%agent%" --install
if errorlevel 1 exit /b 1
"%agent%" --start
if errorlevel 1 exit /b 1
"%agent%" --status
exit /b %errorlevel%

:uninstall
if not exist "%agent%" goto absent
"%agent%" --uninstall
if errorlevel 1 exit /b 1
set tries=0
:delete
del "%agent%" >nul 2>&1
if not exist "%agent%" goto deleted
rem A service that has just stopped may hold its file for a moment.
set /a tries+=1
if %tries% geq 10 goto held
ping -n 2 127.0.0.1 >nul
goto delete
:deleted
rmdir "%folder%"
exit /b 0

:usage
echo usage: install.cmd [/uninstall]
exit /b 64
:missing
echo install.cmd: %source% is missing
exit /b 66
:denied
echo install.cmd: cannot write %agent%; run this as an administrator
exit /b 73
:absent
echo virt-balloon's agent is not installed in %folder%
exit /b 0
:held
echo install.cmd: cannot delete %agent%
exit /b 1
