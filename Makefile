# SPDX-License-Identifier: GPL-3.0-or-later
# `make help` lists the targets. Set SWIFT to a toolchain's swift when none is in PATH.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
FUZZ_SECONDS ?= 60
BUILD_FLAGS := --explicit-target-dependency-import-check error
AGENT_DIR := .build/agents/x86_64-linux
WINDOWS_AGENT := .build/agents/x86_64-windows/virt-balloon-agent.exe
WINDOWS_AGENT_32 := .build/agents/i686-windows/virt-balloon-agent.exe
# The same with the state of devices taken from what a test wrote into Wine's registry; never to be shipped.
WINDOWS_TEST_AGENT := .build/agents/x86_64-windows-test/virt-balloon-agent-test.exe
FUZZERS := fuzz-records fuzz-agent fuzz-windows-pnp fuzz-qmp fuzz-domain-xml
# A crash of several threads has hung Swift's backtracer.
export SWIFT_BACKTRACE := enable=no

.PHONY: help deps build agents image demo test bench fuzz format clean

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

deps: ## Install what is missing (apt, as root or with sudo), or say what is
	@SWIFT="$(SWIFT)" bash Tests/GuestRig/scripts/deps.sh

build: deps ## Build everything, tests included
	@$(SWIFT) build --build-tests $(BUILD_FLAGS)

# Rebuilt when anything that runs in the guest has changed.
AGENT_SOURCES := $(shell find Sources/PCI Sources/AgentProtocol Sources/AgentCore Sources/AgentLinux \
  Sources/CAgentPlatform Sources/virt-balloon-agent -type f 2>/dev/null)
$(AGENT_DIR)/virt-balloon-agent: $(AGENT_SOURCES) | deps
	@PATH="$$(dirname "$$(command -v $(SWIFT))"):$$PATH" bash Sources/virt-balloon-agent/build-static.sh $(AGENT_DIR)

BUILD_WINDOWS := bash Sources/virt-balloon-agent-windows/build-windows.sh
AGENT_PATH = PATH="$$(dirname "$$(command -v $(SWIFT))"):$$PATH"
WINDOWS_SOURCES := $(shell find Sources/PCI Sources/WindowsPnP Sources/AgentProtocol Sources/AgentCore \
  Sources/AgentWindows Sources/CAgentPlatform Sources/virt-balloon-agent-windows -type f 2>/dev/null)
$(WINDOWS_AGENT): $(WINDOWS_SOURCES) | deps
	@$(AGENT_PATH) $(BUILD_WINDOWS) $(@D)
$(WINDOWS_AGENT_32): $(WINDOWS_SOURCES) | deps
	@$(AGENT_PATH) $(BUILD_WINDOWS) $(@D) i686
$(WINDOWS_TEST_AGENT): $(WINDOWS_SOURCES) | deps
	@$(AGENT_PATH) $(BUILD_WINDOWS) --test-seam $(@D)

agents: $(AGENT_DIR)/virt-balloon-agent $(WINDOWS_AGENT) $(WINDOWS_AGENT_32) $(WINDOWS_TEST_AGENT) ## Build the guest agents for Linux and Windows

image: agents ## Build the guest that the tests boot, and its Wine, into .cache/guest
	@bash Tests/GuestRig/image/build.sh
	@bash Tests/GuestRig/image/wine.sh image

demo: build image ## Boot two real guests and diagnose them
	@"$$($(SWIFT) build $(BUILD_FLAGS) --show-bin-path)/rig" demo

# One after the other: real guests and two processors leave nothing to gain, and deadlines mean what they say.
test: build image ## All tests, real guests included
	@$(SWIFT) test --skip-build --no-parallel

# diagnose is measured as its users get it: optimised, and with Swift's libraries inside.
bench: build image ## Measure the agent and diagnose against qemu-ga and virsh
	@$(SWIFT) build -c release --static-swift-stdlib --product virt-balloon --scratch-path .build-release
	@"$$($(SWIFT) build $(BUILD_FLAGS) --show-bin-path)/rig" bench $(if $(BENCH_JSON),--json "$(BENCH_JSON)")

fuzz: deps ## Fuzz each hostile input for FUZZ_SECONDS (60)
	@SWIFT="$(SWIFT)" bash Tests/Fuzz/fuzz.sh $(FUZZ_SECONDS) $(FUZZERS)

format: ## Format the Swift sources
	@$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

clean: ## Remove what was built; the guest image stays in .cache
	@rm -rf .build .build-fuzz .build-release
