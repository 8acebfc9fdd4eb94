# Ondol. `make run` does the main job, `make check` runs the tests, `make help` lists the rest.
#
# One Makefile, no recursion, no configure. Rooms are folders of src/; each becomes an archive; ROOMS is
# their link order (a room may only name symbols of rooms to its right; `make check` proves it from LAYERS).
# Everything is built in up to three variants: plain (build/), with ASan and UBSan (build/san/), for libFuzzer (build/fuzz/).

ROOMS   := cli daemon agent gate hand sim talk mind store run pick model tok hub file kern sys base
B       ?= build
ifeq ($(origin CC),default)
CC      := gcc
endif
CLANG   ?= clang-14
PREFIX  ?= /usr/local
DESTDIR ?=
DEPS    ?= 1
VERSION := 0.1.0
SECS    ?= 60
ROUNDS  ?= 100

# pkg-config name=Debian package
LIBS_MAP := sqlite3=libsqlite3-dev libcjson=libcjson-dev libmosquitto=libmosquitto-dev yaml-0.1=libyaml-dev \
            libutf8proc=libutf8proc-dev libsodium=libsodium-dev icu-i18n=libicu-dev libedit=libedit-dev libpcre2-8=libpcre2-dev \
            libcurl=libcurl4-openssl-dev libical=libical-dev dbus-1=libdbus-1-dev expat=libexpat1-dev
export DEBS_RUN   := pkg-config libc6-dev tzdata $(foreach m,$(LIBS_MAP),$(word 2,$(subst =, ,$(m))))
export DEBS_CHECK := $(DEBS_RUN) libcmocka-dev mosquitto mosquitto-clients binutils \
            libmicrohttpd-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user \
            dbus-daemon radicale curl chromium

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
CFLAGS ?= -O2 -g
SAN_FLAGS = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ    = -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
BASE_CFLAGS = -std=c11 -D_GNU_SOURCE -fPIC -DOND_VERSION='"$(VERSION)"' -Iinclude -iquote src -iquote tests $(WARN) $(PKG_CFLAGS) -MMD -MP
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2
HARDEN_LINK := -Wl,-z,relro,-z,now

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDEXPANSION:
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif
.PHONY: all run tour check check-long check-fresh bench bench-engine peers lib fuzz fuzz-seeds install uninstall clean help tests san deps

all: $(B)/ondol

help:
	@echo "make run          build and start ondol (a tour when there is no terminal)"
	@echo "make check        install the test packages, build all variants, run every test"
	@echo "make check-long   the hours: fuzzing, torture with more rounds, a million commands"
	@echo "make check-fresh  both of the above commands in a bare Debian root (needs root and mmdebstrap)"
	@echo "make bench        measured figures"
	@echo "make bench-engine  the engine beside llama.cpp (IK=DIR: and ik_llama.cpp), its teams, a busy core, its start (PARTS=…)"
	@echo "make fuzz         every fuzzer for SECS=60 seconds; FUZZ_ONLY=name for one"
	@echo "make install      to PREFIX=/usr/local (DESTDIR is honoured); make uninstall"
	@echo "make clean        removes build/"
	@echo "DEPS=0            never install packages; B=dir builds elsewhere"

run: $(B)/ondol
	@exec $(B)/ondol
tour: $(B)/ondol
	@$(B)/ondol tour

# ---- libraries: installed when missing, then asked of pkg-config once ----
ifeq ($(filter help clean,$(MAKECMDGOALS)),)
include $(B)/flags.mk
endif
$(B)/flags.mk: Makefile tools/deps.sh
	@DEPS=$(DEPS) sh tools/deps.sh $(DEBS_RUN)
	@sh tools/flags.sh $@ $(LIBS_MAP)
	@echo "building into $(B)/ without a word for each file; the first time takes a minute for make run, some for make check"
$(B)/deps-check: Makefile tools/deps.sh
	@DEPS=$(DEPS) sh tools/deps.sh $(DEBS_CHECK)
	@touch $@
deps: $(B)/deps-check

# ---- generated sources ----
PACKS := $(sort $(wildcard packs/ko/*.yaml packs/en/*.yaml))
$(B)/gen/packs.c: tools/embed.sh $(PACKS)
	@mkdir -p $(@D)
	@sh tools/embed.sh $(PACKS) > $@
# ---- one variant: $(1) folder, $(2) compiler, $(3) flags ----
src_of = $(wildcard src/$(1)/*.c src/$(1)/*/*.c)
below  = $(foreach r,$(call from,$(1),$(ROOMS)),$(r))
from   = $(if $(filter $(1),$(firstword $(2))),$(2),$(if $(2),$(call from,$(1),$(wordlist 2,99,$(2)))))
room_of = $(firstword $(subst /, ,$(1)))

# The grammars of the packs, compiled: by a program of talk and what is below, without what it makes (talk/frozen.h).
FREEZE_OBJS = $(patsubst src/%.c,$(B)/%.o,$(filter-out src/talk/frozen_data.c,$(foreach r,talk sys base,$(call src_of,$(r)))))
$(B)/tools/freeze: tools/freeze/freeze.c $(B)/gen/packs.o $(FREEZE_OBJS) | $(B)/flags.mk
	@mkdir -p $(@D)
	@$(CC) $(BASE_CFLAGS) $(CFLAGS) -o $@ $(filter %.c %.o,$^) $(PKG_LIBS) -lm -ldl
$(B)/gen/%.frozen: $(B)/tools/freeze
	@$< $* > $@.new && mv $@.new $@

define variant
$(1)/%.o: src/%.c | $(B)/flags.mk
	@mkdir -p $$(@D)
	@$(2) $$(BASE_CFLAGS) $(3) -c -o $$@ $$<
$(1)/gen/packs.o: $(B)/gen/packs.c
	@mkdir -p $$(@D)
	@$(2) $$(BASE_CFLAGS) $(3) -c -o $$@ $$<
$(1)/sim/house_default.o: packs/house/default.yaml
$(1)/talk/frozen_data.o: $(B)/gen/ko.frozen $(B)/gen/en.frozen
$(1)/talk/frozen_data.o: BASE_CFLAGS += -DFROZEN='"$(B)/gen"'
$(foreach r,$(ROOMS),$(eval $(call room,$(1),$(r))))
$(1)/tests/%: tests/%.c $$$$(foreach r,$$$$(call below,$$$$(call room_of,$$$$*)),$(1)/lib$$$$(r).a) | $(B)/flags.mk $(B)/deps-check
	@mkdir -p $$(@D)
	@$(2) $$(BASE_CFLAGS) $(3) -o $$@ $$< $$(filter %.a,$$^) $$(PKG_LIBS) $$(if $$(filter hub/% hand/%,$$*),-lmicrohttpd) -lcmocka -lm -ldl
endef
define room
$(1)/lib$(2).a: $(patsubst src/%.c,$(1)/%.o,$(filter-out src/cli/main.c,$(call src_of,$(2)))) $(if $(filter talk,$(2)),$(1)/gen/packs.o)
	@rm -f $$@; ar rcs $$@ $$^
endef
$(eval $(call variant,$(B),$(CC),$(CFLAGS) $(HARDEN)))
# Instrumented code confuses gcc's value ranges: these two warnings are then false.
SAN_WARN := -Wno-format-truncation -Wno-maybe-uninitialized
$(eval $(call variant,$(B)/san,$(CC),-O1 -g $(SAN_FLAGS) $(SAN_WARN)))
$(eval $(call variant,$(B)/fuzz,$(CLANG),-O1 -g $(FUZZ)))

# clang takes minutes and gigabytes for unrolled kernels with the fuzzing instrumentation; these read no outside bytes
define plain_kernel
$(B)/fuzz/kern/$(1)_%.o: src/kern/$(1)_%.c | $(B)/flags.mk
	@mkdir -p $$(@D)
	@$(CLANG) $(BASE_CFLAGS) -O1 -g -c -o $$@ $$<
endef
$(foreach k,tile attn vec,$(eval $(call plain_kernel,$(k))))

archives = $(foreach r,$(ROOMS),$(1)/lib$(r).a)
$(B)/ondol: $(B)/cli/main.o $(call archives,$(B))
	@$(CC) $(HARDEN_LINK) -o $@ $^ $(PKG_LIBS) -lm
$(B)/san/ondol: $(B)/san/cli/main.o $(call archives,$(B)/san)
	@$(CC) $(SAN_FLAGS) -o $@ $^ $(PKG_LIBS) -lm

# ---- libondol: the rooms up to run, as a library of their own; include/ondol.h is all that it shows ----
LIB_ROOMS := run pick model tok file kern sys base
LIB_MODULES := libcjson libsodium libutf8proc libpcre2-8
LIB_LIBS = $(shell pkg-config --libs $(LIB_MODULES)) -lm -lpthread
SOVERSION := 0
LIB_OBJS = $(foreach r,$(LIB_ROOMS),$(patsubst src/%.c,$(B)/%.o,$(call src_of,$(r))))
$(B)/libondol.a: $(LIB_OBJS)
	@rm -f $@; ar qcs $@ $^
$(B)/libondol.so.$(SOVERSION): $(foreach r,$(LIB_ROOMS),$(B)/lib$(r).a) src/run/ondol.map
	@$(CC) -shared $(HARDEN_LINK) -Wl,-soname,$(notdir $@) -Wl,--version-script,src/run/ondol.map -Wl,--no-undefined -o $@ \
	  -Wl,--whole-archive $(B)/librun.a -Wl,--no-whole-archive $(filter-out $(B)/librun.a,$(filter %.a,$^)) -Wl,--as-needed $(LIB_LIBS)
$(B)/ondol.pc: Makefile
	@printf 'prefix=%s\nName: ondol\nDescription: small language models on ordinary processors\nVersion: %s\nCflags: -I$${prefix}/include\nLibs: -L$${prefix}/lib -londol\nLibs.private: -lm -lpthread\nRequires.private: %s\n' \
	  '$(PREFIX)' '$(VERSION)' '$(LIB_MODULES)' > $@
EXAMPLES := $(patsubst examples/%.c,$(B)/examples/%,$(wildcard examples/*.c))
$(B)/examples/%: examples/%.c include/ondol.h $(B)/libondol.a
	@mkdir -p $(@D)
	@$(CC) -std=c11 $(WARN) $(CFLAGS) -Iinclude -o $@ $< $(B)/libondol.a -Wl,--as-needed $(LIB_LIBS)
lib: $(B)/libondol.a $(B)/libondol.so.$(SOVERSION) $(B)/ondol.pc

# ---- tests ----
# tests/ROOM/test_NAME.c is a cmocka program linked with its room and the rooms below. tests/fuzz/fuzz_NAME.c is a
# fuzz target; in `make check` it replays tests/fuzz/seeds/NAME with the sanitizers. tests/torture and tests/cli hold
# whole-program tests.
TESTS := $(patsubst tests/%.c,%,$(wildcard $(foreach r,$(ROOMS),tests/$(r)/test_*.c)))
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

$(B)/tests/torture/fault.so: tests/torture/fault.c | $(B)/flags.mk $(B)/deps-check
	@mkdir -p $(@D)
	@$(CC) -std=c11 -D_GNU_SOURCE -O1 -g $(WARN) -shared -fPIC -o $@ $< -ldl
$(B)/tests/torture/% $(B)/tests/cli/% $(B)/tests/long/%: tests/$$(word 2,$$(subst /tests/, ,$$@)).c $(call archives,$(B)) | $(B)/flags.mk
	@mkdir -p $(@D)
	@$(CC) $(BASE_CFLAGS) $(CFLAGS) -o $@ $< $(filter %.a,$^) $(PKG_LIBS) -lm -ldl
$(B)/san/tests/fuzz/%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(call archives,$(B)/san) | $(B)/flags.mk
	@mkdir -p $(@D)
	@$(CC) $(BASE_CFLAGS) -O1 -g $(SAN_FLAGS) -o $@ $(filter %.c %.a,$^) $(PKG_LIBS) -lm
$(B)/fuzz/tests/fuzz/%: tests/fuzz/fuzz_%.c $(call archives,$(B)/fuzz) | $(B)/flags.mk
	@mkdir -p $(@D)
	@$(CLANG) $(BASE_CFLAGS) -O1 -g $(FUZZ) -fsanitize=fuzzer -o $@ $< $(filter %.a,$^) $(PKG_LIBS) -lm
$(B)/bench/%: bench/%.c $(call archives,$(B)) | $(B)/flags.mk
	@mkdir -p $(@D)
	@$(CC) $(BASE_CFLAGS) $(CFLAGS) -o $@ $< $(filter %.a,$^) $(PKG_LIBS) -lm

# ---- peers: libllama and the Jinja reference, from npm; tests/peer and bench/ compare with them ----
PEERS := $(B)/peers
LLAMA := $(PEERS)/x64/bins/linux-x64
$(PEERS)/stamp: tools/peers.sh
	@DEPS=$(DEPS) sh tools/peers.sh $(PEERS)
	@touch $@
PEER_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/peer/*.c))
$(PEER_TESTS): $(B)/%: %.c $(call archives,$(B)) | $(PEERS)/stamp $(B)/deps-check
	@mkdir -p $(@D)
	@$(CC) $(BASE_CFLAGS) $(CFLAGS) -isystem $(PEERS)/llama.cpp/include -isystem $(PEERS)/llama.cpp/ggml/include -o $@ $< \
	  $(filter %.a,$^) $(PKG_LIBS) $(LLAMA)/libllama.v0.5.0.so $(LLAMA)/libggml.v0.5.0.so $(LLAMA)/libggml-base.so \
	  -Wl,-rpath,'$$ORIGIN/../../peers/x64/bins/linux-x64' -lm
peers: $(PEER_TESTS)

# ---- tools/gen: made-up models of every architecture and type ----
$(B)/tools/gen: $(wildcard tools/gen/*.c tools/gen/*.h) $(call archives,$(B)) | $(B)/flags.mk
	@mkdir -p $(@D)
	@$(CC) $(BASE_CFLAGS) $(CFLAGS) -o $@ $(filter %.c %.a,$^) $(PKG_LIBS) -lm

tests: $(B)/deps-check $(TESTS:%=$(B)/tests/%)
san: $(B)/deps-check $(TESTS:%=$(B)/san/tests/%) $(FUZZERS:%=$(B)/san/tests/fuzz/%) $(B)/san/ondol

BENCHES := $(patsubst %.c,$(B)/%,$(wildcard bench/bench_*.c))
WHOLE := $(patsubst %.c,$(B)/%,$(wildcard tests/torture/torture_*.c tests/torture/kill_*.c tests/cli/*.c))
check: $(B)/deps-check $(B)/ondol tests san $(PEER_TESTS) $(B)/tools/gen lib $(EXAMPLES) $(WHOLE) $(B)/tests/torture/fault.so $(BENCHES) $(B)/tests/long/soak
	@B=$(B) CC="$(CC)" ROUNDS=$(ROUNDS) sh tools/check.sh $(TESTS)
check-long: ROUNDS = 300
check-long: check fuzz
	@B=$(B) sh tools/long.sh
check-fresh:
	@sh tools/fresh.sh

fuzz: $(FUZZERS:%=$(B)/fuzz/tests/fuzz/%)
	@B=$(B) SECS=$(SECS) sh tools/fuzz.sh $(or $(FUZZ_ONLY),$(FUZZERS))

bench: $(B)/ondol $(BENCHES)
	@B=$(B) sh bench/run.sh
bench-engine: $(B)/ondol $(B)/bench/bench_engine $(B)/bench/bench_teams $(B)/bench/bench_first $(B)/tests/peer/llama_peer $(B)/tools/gen
	@B=$(B) sh bench/engine.sh

# ---- installing ----
install: $(B)/ondol lib
	install -Dm755 $(B)/ondol $(DESTDIR)$(PREFIX)/bin/ondol
	install -Dm644 include/ondol.h $(DESTDIR)$(PREFIX)/include/ondol.h
	install -Dm644 $(B)/libondol.a $(DESTDIR)$(PREFIX)/lib/libondol.a
	install -Dm755 $(B)/libondol.so.$(SOVERSION) $(DESTDIR)$(PREFIX)/lib/libondol.so.$(SOVERSION)
	ln -sf libondol.so.$(SOVERSION) $(DESTDIR)$(PREFIX)/lib/libondol.so
	install -Dm644 $(B)/ondol.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/ondol.pc
	$(B)/ondol man > $(B)/ondol.1
	install -Dm644 $(B)/ondol.1 $(DESTDIR)$(PREFIX)/share/man/man1/ondol.1
	$(B)/ondol completion bash > $(B)/ondol.bash
	$(B)/ondol completion zsh > $(B)/_ondol
	$(B)/ondol completion fish > $(B)/ondol.fish
	install -Dm644 $(B)/ondol.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/ondol
	install -Dm644 $(B)/_ondol $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_ondol
	install -Dm644 $(B)/ondol.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ondol.fish
	install -Dm644 share/ondol.service $(DESTDIR)$(PREFIX)/share/ondol/ondol.service
	install -Dm644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/ondol/LICENSE
	install -Dm644 NOTICE $(DESTDIR)$(PREFIX)/share/doc/ondol/NOTICE
uninstall:
	rm -f $(foreach f,bin/ondol include/ondol.h lib/libondol.a lib/libondol.so lib/libondol.so.$(SOVERSION) lib/pkgconfig/ondol.pc share/man/man1/ondol.1 share/bash-completion/completions/ondol \
	  share/zsh/site-functions/_ondol share/fish/vendor_completions.d/ondol.fish share/ondol/ondol.service \
	  share/doc/ondol/LICENSE share/doc/ondol/NOTICE,$(DESTDIR)$(PREFIX)/$(f))

clean:
	rm -rf $(B)

ifeq ($(filter help clean,$(MAKECMDGOALS)),)
-include $(shell find $(B) -name '*.d' 2>/dev/null)
endif
