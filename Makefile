# SPDX-License-Identifier: GPL-3.0-or-later
# `make help` lists the targets. Set SWIFT to a toolchain's swift when none is in PATH.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
SETS ?=
FUZZ_SECONDS ?= 60
BUILD_FLAGS := --explicit-target-dependency-import-check error
AGENT := .build/agents/x86_64-linux/virt-balloon-agent
WINDOWS_AGENT := .build/agents/x86_64-windows/virt-balloon-agent.exe
WINDOWS_AGENT_32 := .build/agents/i686-windows/virt-balloon-agent.exe
# The same with the state of devices taken from what a test wrote into Wine's registry; never to be shipped.
WINDOWS_TEST_AGENT := .build/agents/x86_64-windows-test/virt-balloon-agent-test.exe
FUZZERS := fuzz-records fuzz-agent fuzz-windows-pnp fuzz-qmp fuzz-domain-xml fuzz-hive \
  $(addprefix fuzz-artefacts:,domain json linux monitor probe proxmox text windows) fuzz-bundle fuzz-redaction
PACKAGES := .build-packages
# The program as its users get it: optimised, Swift's libraries inside, the same bytes wherever the checkout stands.
BUILD_RELEASE = $(SWIFT) build -c release --static-swift-stdlib --product virt-balloon --scratch-path .build-release \
  -Xswiftc -file-prefix-map -Xswiftc "$(CURDIR)=." -Xcc "-ffile-prefix-map=$(CURDIR)=." -Xlinker --build-id=none
RELEASE := .build-release/release/virt-balloon
# A crash of several threads has hung Swift's backtracer.
export SWIFT_BACKTRACE := enable=no

.PHONY: help deps deps-deb deps-windows build agents image wine deb tarball windows-zip reproducible demo test \
  test-packages bench experiment draw-experiment accuracy fuzz format clean release

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

deps: ## Install what is missing (apt, as root or with sudo), or say what is
	@SWIFT="$(SWIFT)" bash Tests/GuestRig/scripts/deps.sh

# What the Windows agent and its tests need besides.
deps-windows: deps
	@SWIFT="$(SWIFT)" bash Tests/GuestRig/scripts/deps.sh windows

build: deps ## Build everything, tests included
	@$(SWIFT) build --build-tests $(BUILD_FLAGS)

# Rebuilt when anything that runs in the guest has changed.
sources = $(shell find $(addprefix Sources/,$(1)) -type f 2>/dev/null)
AGENT_PATH = PATH="$$(dirname "$$(command -v $(SWIFT))"):$$PATH"
$(AGENT): $(call sources,PCI AgentProtocol AgentCore AgentLinux CAgentPlatform virt-balloon-agent) | deps
	@$(AGENT_PATH) bash Sources/virt-balloon-agent/build-static.sh $(@D)

WINDOWS_SOURCES := $(call sources,PCI WindowsPnP AgentProtocol AgentCore AgentWindows CAgentPlatform \
  virt-balloon-agent-windows)
BUILD_WINDOWS := bash Sources/virt-balloon-agent-windows/build-windows.sh
$(WINDOWS_AGENT) $(WINDOWS_TEST_AGENT) &: $(WINDOWS_SOURCES) | deps-windows
	@$(AGENT_PATH) $(BUILD_WINDOWS) --test-seam $(dir $(WINDOWS_TEST_AGENT)) $(dir $(WINDOWS_AGENT))
$(WINDOWS_AGENT_32): $(WINDOWS_SOURCES) | deps-windows
	@$(AGENT_PATH) $(BUILD_WINDOWS) $(@D) i686

agents: $(AGENT) $(WINDOWS_AGENT) $(WINDOWS_TEST_AGENT) $(WINDOWS_AGENT_32) ## Build the guest agents for Linux and Windows

image: $(AGENT) ## Build the guest that the demo and the tests boot, into .cache/guest
	@bash Tests/GuestRig/image/build.sh

wine: agents ## Build the Wine in which the tests run the Windows agent, and a guest that has it, into .cache/guest
	@bash Tests/GuestRig/image/wine.sh image
	@bash Tests/GuestRig/image/build.sh

release: deps
	@$(BUILD_RELEASE)

deps-deb: deps
	@SWIFT="$(SWIFT)" bash Tests/GuestRig/scripts/deps.sh deb

deb: release $(AGENT) deps-deb ## Build the Debian packages of the program and of the Linux agent, into .build-packages
	@bash packaging/deb.sh $(RELEASE) $(AGENT) $(PACKAGES)

tarball: release $(AGENT) ## Pack the program and the Linux agent for other distributions, into .build-packages
	@bash packaging/tarball.sh $(RELEASE) $(AGENT) $(PACKAGES)

windows-zip: $(WINDOWS_AGENT) $(WINDOWS_AGENT_32) ## Pack the Windows agents with their setup, into .build-packages
	@bash packaging/windows-zip.sh $(WINDOWS_AGENT) $(WINDOWS_AGENT_32) $(PACKAGES)

reproducible: ## Build all packages twice, in two folders, from the last commit, and compare their bytes
	@SWIFT="$(SWIFT)" bash packaging/reproducible.sh

demo: build image ## Boot two real guests and diagnose them
	@"$$($(SWIFT) build $(BUILD_FLAGS) --show-bin-path)/rig" demo

# One after the other: real guests and two processors leave nothing to gain, and deadlines mean what they say.
# Those of the packages are skipped, and say so, until the packages have been built.
test: build wine ## All tests, real guests included
	@$(SWIFT) test --skip-build --no-parallel

test-packages: build deb tarball windows-zip ## Build the packages, and install them in clean systems and in a guest
	@$(SWIFT) test --skip-build --no-parallel --filter PackageTests

# diagnose is measured as its users get it: optimised, and with Swift's libraries inside.
bench: build wine ## Measure the agent and diagnose against qemu-ga and virsh
	@$(BUILD_RELEASE)
	@"$$($(SWIFT) build $(BUILD_FLAGS) --show-bin-path)/rig" bench $(if $(BENCH_JSON),--json "$(BENCH_JSON)")

# Twenty minutes and more: some thirty guests, one after the other. draw-experiment draws what was measured again.
experiment: build image ## Measure what guests see of 1 GiB of up to 64, into samples/experiments
	@SWIFT="$(SWIFT)" bash Tests/GuestRig/scripts/deps.sh experiment
	@"$$($(SWIFT) build $(BUILD_FLAGS) --show-bin-path)/rig" experiment
draw-experiment: build
	@SWIFT="$(SWIFT)" bash Tests/GuestRig/scripts/deps.sh experiment
	@"$$($(SWIFT) build $(BUILD_FLAGS) --show-bin-path)/rig" experiment --draw

# Measured as `analyze` is used: optimised.
accuracy: deps ## Compare the answers to samples/cases with what is expected; SETS=10000 measures time and memory instead
	@if [ -n "$(SETS)" ]; then \
	  $(SWIFT) build -c release --product accuracy --scratch-path .build-release; \
	  "$$($(SWIFT) build -c release --scratch-path .build-release --show-bin-path)/accuracy" --sets $(SETS); \
	else \
	  $(SWIFT) build $(BUILD_FLAGS) --product virt-balloon; \
	  $(SWIFT) build $(BUILD_FLAGS) --product accuracy; \
	  "$$($(SWIFT) build $(BUILD_FLAGS) --show-bin-path)/accuracy"; \
	fi

fuzz: deps ## Fuzz each hostile input for FUZZ_SECONDS (60)
	@SWIFT="$(SWIFT)" bash Tests/Fuzz/fuzz.sh $(FUZZ_SECONDS) $(FUZZERS)

format: ## Format the Swift sources
	@$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

clean: ## Remove what was built; the guest image stays in .cache
	@rm -rf .build .build-fuzz .build-packages .build-release
