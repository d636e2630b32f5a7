# SPDX-License-Identifier: GPL-2.0-or-later
# Spectrum 2.  Every directory of sources becomes one archive in build/lib, a
# program is its main file and the archives of the layers it may see.  Objects,
# programs and generated pages are all below build/; nothing else is written.
#
#   make              all programs and man pages
#   make run          set up, build, serve (see README.md)
#   make check        set up, build, run every test
#   make help         the other targets

CC         ?= cc
CFLAGS     ?= -O2 -g
PREFIX     ?= /usr
SYSCONFDIR ?= /etc
LOCALSTATEDIR ?= /var
SANITIZE   ?= 0
WERROR     ?= 1
V          ?= 0
PKG_CONFIG ?= pkg-config

VERSION := 3.0.0
B       := build
ifeq ($(SANITIZE),1)
B       := build/sanitize
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla
ifeq ($(WERROR),1)
WARN += -Werror
endif
HARDEN := -fstack-protector-strong -fPIE
LINK   := -pie -Wl,-z,relro,-z,now
ifeq ($(SANITIZE),1)
HARDEN += -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
LINK   := -fsanitize=address,undefined
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

# These targets need no library: the first two install them.
NOLIBS := deps deps-test run demo check clean help
ifneq ($(filter-out $(NOLIBS),$(or $(MAKECMDGOALS),all)),)
PROBE := 1
endif


# ------------------------------------------------------------------ libraries
ifeq ($(PROBE),1)
MSGPACK := $(shell for p in msgpack-c msgpack; do \
	$(PKG_CONFIG) --exists $$p && { echo $$p; break; }; done)
CORE_PKGS := $(MSGPACK) expat openssl libidn libcares sqlite3 libsodium
MISSING := $(shell for p in $(or $(MSGPACK),msgpack-c) $(CORE_PKGS); do \
	$(PKG_CONFIG) --exists $$p || echo $$p; done)
ifneq ($(strip $(MISSING)),)
$(error missing libraries: $(MISSING); 'make deps' installs them on Debian)
endif
DEP_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(CORE_PKGS))
MSGPACK_LIBS := $(shell $(PKG_CONFIG) --libs $(MSGPACK))
EXPAT_LIBS   := $(shell $(PKG_CONFIG) --libs expat)
OPENSSL_LIBS := $(shell $(PKG_CONFIG) --libs openssl)
IDN_LIBS     := $(shell $(PKG_CONFIG) --libs libidn)
CARES_LIBS   := $(shell $(PKG_CONFIG) --libs libcares)
SQLITE_LIBS  := $(shell $(PKG_CONFIG) --libs sqlite3)
SODIUM_LIBS  := $(shell $(PKG_CONFIG) --libs libsodium)
LIBEV_LIBS   := -lev		# libev has no .pc file

# The libpurple backend is left out where its libraries are not.
PURPLE_PKGS := purple glib-2.0 gio-2.0 gmodule-no-export-2.0 libcurl
HAVE_PURPLE := $(shell $(PKG_CONFIG) --exists $(PURPLE_PKGS) && echo 1)
ifeq ($(HAVE_PURPLE),1)
# As system headers: they do not compile without warnings.
PURPLE_CFLAGS := $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(PURPLE_PKGS)))
PURPLE_CFLAGS += -DPURPLE_PLUGINDIR='"$(shell $(PKG_CONFIG) --variable=plugindir purple)"'
PURPLE_LIBS   := $(shell $(PKG_CONFIG) --libs $(PURPLE_PKGS))
endif

# Nor the one for X.
TWITTER_PKGS := libcurl jansson
HAVE_TWITTER := $(shell $(PKG_CONFIG) --exists $(TWITTER_PKGS) && echo 1)
ifeq ($(HAVE_TWITTER),1)
TWITTER_LIBS := $(shell $(PKG_CONFIG) --libs $(TWITTER_PKGS))
endif

# Nor the one for other XMPP servers.
HAVE_XMPP := $(shell $(PKG_CONFIG) --exists libstrophe && echo 1)
ifeq ($(HAVE_XMPP),1)
STROPHE_LIBS := $(shell $(PKG_CONFIG) --libs libstrophe)
endif
endif

CPPFLAGS += -D_GNU_SOURCE -I. -I$(B)/gen \
	-DSPECTRUM_VERSION='"$(VERSION)"' -DSPECTRUM_PREFIX='"$(PREFIX)"' \
	-DSPECTRUM_SYSCONFDIR='"$(SYSCONFDIR)"' \
	-DSPECTRUM_LOCALSTATEDIR='"$(LOCALSTATEDIR)"' $(DEP_CFLAGS)
COMPILE = $(CC) -std=c11 $(CPPFLAGS) $(WARN) $(HARDEN) $(CFLAGS) -MMD -MP -pthread

# Other flags than last time, another PREFIX for example: compile all again.
ifeq ($(PROBE),1)
FLAGS := $(strip $(COMPILE) $(PURPLE_CFLAGS))
ifneq ($(FLAGS),$(shell cat $(B)/flags 2>/dev/null))
$(shell mkdir -p $(B))
$(file >$(B)/flags,$(FLAGS))
endif
endif

ifeq ($(V),0)
SAY = @echo "  $(1) $(2)";
endif

# ------------------------------------------------------------------- archives
# archive NAME, sources: build/lib/NAME.a
define archive
$(1)_OBJS := $$(patsubst %.c,$(B)/obj/%.o,$(2))
$(B)/lib/$(1).a: $$($(1)_OBJS)
	@mkdir -p $$(@D) && rm -f $$@
	$$(call SAY,AR,$$@) $(AR) rcs $$@ $$^
ALL_OBJS += $$($(1)_OBJS)
endef

$(eval $(call archive,util,$(wildcard util/*.c)))
$(eval $(call archive,net,$(wildcard net/*.c)))
$(eval $(call archive,protocol,$(wildcard protocol/*.c)))
$(eval $(call archive,xmpp,$(wildcard manager/xmpp/*.c)))
$(eval $(call archive,store,$(wildcard manager/store/*.c)))
$(eval $(call archive,pool,$(wildcard manager/pool/*.c)))
$(eval $(call archive,gateway,$(wildcard manager/gateway/*.c)))
$(eval $(call archive,manager,$(filter-out manager/main.c,$(wildcard manager/*.c))))
$(eval $(call archive,ctl,$(filter-out manager/ctl/main.c,$(wildcard manager/ctl/*.c))))
$(eval $(call archive,kit,$(filter-out backends/kit/kit_glib.c,$(wildcard backends/kit/*.c))))
$(eval $(call archive,irc,$(filter-out backends/irc/main.c,$(wildcard backends/irc/*.c))))
# What of it needs no libpurple: for tests and fuzzers.
$(eval $(call archive,purple_text,$(addprefix backends/purple/,dialect.c entity.c \
	filename.c html.c look.c markup.c picture.c profile_label.c \
	room_text.c text.c trust.c)))
ifeq ($(HAVE_PURPLE),1)
PURPLE_MAIN := backends/purple/main.c backends/purple/leaks.c
$(eval $(call archive,kit_glib,backends/kit/kit_glib.c))
$(eval $(call archive,purple,$(filter-out $(PURPLE_MAIN),$(wildcard backends/purple/*.c))))
$(kit_glib_OBJS) $(purple_OBJS) $(B)/obj/backends/purple/main.o: \
	CPPFLAGS += $(PURPLE_CFLAGS)
endif

ifeq ($(HAVE_TWITTER),1)
# What of it needs no network: for tests and fuzzers.
$(eval $(call archive,twitter_text,$(addprefix backends/twitter/,count.c \
	field.c files.c meant.c page.c shortid.c show.c text.c words.c)))
$(eval $(call archive,twitter,$(filter-out backends/twitter/main.c,$(wildcard backends/twitter/*.c))))
endif

ifeq ($(HAVE_XMPP),1)
# What of it needs no network: for tests and fuzzers.
$(eval $(call archive,remote_guard,$(addprefix backends/xmpp/,build.c \
	form.c guard.c ledger.c meter.c pass_xml.c payload.c payload_put.c \
	proof.c rename.c room_past.c stanza.c vet.c wire.c)))
XMPP_MAIN := backends/xmpp/main.c backends/xmpp/leaks.c
$(eval $(call archive,remote,$(filter-out $(XMPP_MAIN),$(wildcard backends/xmpp/*.c))))
endif

A = $(addprefix $(B)/lib/,$(addsuffix .a,$(1)))

# A layer may call what stands to its right.
MANAGER_LAYERS := manager gateway pool store xmpp net protocol util
MANAGER_LIBS = $(MSGPACK_LIBS) $(EXPAT_LIBS) $(OPENSSL_LIBS) $(IDN_LIBS) \
	$(CARES_LIBS) $(SQLITE_LIBS) $(SODIUM_LIBS) $(LIBEV_LIBS) -lm
IRC_LAYERS  := irc kit net protocol util
IRC_LIBS     = $(MSGPACK_LIBS) $(OPENSSL_LIBS) $(IDN_LIBS) $(CARES_LIBS) \
	$(SODIUM_LIBS) $(LIBEV_LIBS) -lm
PURPLE_LAYERS := purple kit_glib kit net protocol util
TWITTER_LAYERS := twitter kit protocol util
XMPP_LAYERS := remote kit net protocol util

# ------------------------------------------------------------------- programs
# program NAME, main source, layers, libraries: build/bin/NAME
define program
$(B)/bin/$(1): $(patsubst %.c,$(B)/obj/%.o,$(2)) $(call A,$(3))
	@mkdir -p $$(@D)
	$$(call SAY,LD,$$@) $$(CC) $$(LINK) $$(LDFLAGS) -pthread -o $$@ \
		$$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) \
		-Wl,--end-group $(4)
ALL_OBJS += $(patsubst %.c,$(B)/obj/%.o,$(2))
PROGRAMS += $(B)/bin/$(1)
endef

ifneq ($(wildcard manager/main.c),)
$(eval $(call program,spectrum2,manager/main.c,$(MANAGER_LAYERS),$$(MANAGER_LIBS)))
endif
ifneq ($(wildcard manager/ctl/main.c),)
$(eval $(call program,spectrum2_manager,manager/ctl/main.c,ctl $(MANAGER_LAYERS),$$(MANAGER_LIBS)))
endif
ifneq ($(wildcard backends/irc/main.c),)
$(eval $(call program,spectrum2_irc_backend,backends/irc/main.c,$(IRC_LAYERS),$$(IRC_LIBS)))
endif
ifeq ($(HAVE_PURPLE),1)
$(eval $(call program,spectrum2_purple_backend,$(PURPLE_MAIN),$(PURPLE_LAYERS),$$(MSGPACK_LIBS) $$(CARES_LIBS) $$(PURPLE_LIBS) $$(OPENSSL_LIBS)))
endif
ifeq ($(HAVE_TWITTER),1)
$(eval $(call program,spectrum2_twitter_backend,backends/twitter/main.c,$(TWITTER_LAYERS),$$(MSGPACK_LIBS) $$(TWITTER_LIBS) $$(OPENSSL_LIBS) $$(LIBEV_LIBS)))
endif
ifeq ($(HAVE_XMPP),1)
# It defines some of what libstrophe calls: see backends/xmpp/guard.h.
$(eval $(call program,spectrum2_xmpp_backend,$(XMPP_MAIN),$(XMPP_LAYERS),$$(STROPHE_LIBS) $$(EXPAT_LIBS) $$(IRC_LIBS)))
endif

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call SAY,CC,$<) $(COMPILE) -c -o $@ $<

# ------------------------------------------------------------------ man pages
MAN := $(patsubst man/%.scd,$(B)/man/%,$(wildcard man/*.scd))
$(B)/man/%: man/%.scd
	@mkdir -p $(@D)
	$(call SAY,MAN,$@) if command -v scdoc >/dev/null; \
		then scdoc <$< >$@; else cp $< $@; fi

.PHONY: all
all: $(PROGRAMS) $(MAN) $(ALL_OBJS)	## all programs and man pages
ifneq ($(HAVE_PURPLE),1)
	@echo "  without the libpurple backend: for it, install" \
		"libpurple-dev libcurl4-openssl-dev libglib2.0-dev ('make deps')"
endif
ifneq ($(HAVE_TWITTER),1)
	@echo "  without the X (Twitter) backend: for it, install" \
		"libcurl4-openssl-dev libjansson-dev ('make deps')"
endif
ifneq ($(HAVE_XMPP),1)
	@echo "  without the XMPP backend: for it, install" \
		"libstrophe-dev ('make deps')"
endif
	@:

# ---------------------------------------------------------------------- tests
# tests/unit/test_NAME.c says on a line "links: ARCHIVES" what it is linked to.
UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
ifneq ($(HAVE_PURPLE),1)
UNIT := $(filter-out %/test_kit_glib $(B)/unit/test_purple_%,$(UNIT))
endif
ifneq ($(HAVE_TWITTER),1)
UNIT := $(filter-out $(B)/unit/test_twitter_%,$(UNIT))
endif
ifneq ($(HAVE_XMPP),1)
UNIT := $(filter-out $(B)/unit/test_remote_%,$(UNIT))
endif
links = $(shell sed -n 's/.*links: *\([a-z_ ]*\).*/\1/p' $(1) | head -n 1)
define unit
$(B)/unit/$(1): $(B)/obj/tests/unit/$(1).o \
		$(call A,$(call links,tests/unit/$(1).c))
	@mkdir -p $$(@D)
	$$(call SAY,LD,$$@) $$(CC) $$(LINK) -pthread -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group \
		-lcmocka $$(MANAGER_LIBS) \
		$(if $(filter kit_glib purple,$(call links,tests/unit/$(1).c)),$$(PURPLE_LIBS)) \
		$(if $(filter twitter%,$(call links,tests/unit/$(1).c)),$$(TWITTER_LIBS)) \
		$(if $(filter remote%,$(call links,tests/unit/$(1).c)),$$(STROPHE_LIBS))
ALL_OBJS += $(B)/obj/tests/unit/$(1).o
endef
$(foreach t,$(notdir $(UNIT)),$(eval $(call unit,$(t))))
$(B)/obj/tests/unit/test_purple_%.o: CPPFLAGS += $(PURPLE_CFLAGS)

# Protocols of libpurple for tests, that misbehave.
ifeq ($(HAVE_PURPLE),1)
$(B)/plugins/lib%.so: tests/backends/prpl_%.c tests/backends/prpl.h $(B)/flags
	@mkdir -p $(@D)
	$(call SAY,LD,$@) $(CC) -std=c11 $(CPPFLAGS) $(PURPLE_CFLAGS) \
		$(filter-out -Wwrite-strings,$(WARN)) \
		-fPIC -shared $(CFLAGS) -o $@ $<
all: $(patsubst tests/backends/prpl_%.c,$(B)/plugins/lib%.so,$(wildcard tests/backends/prpl_*.c))

# What libpurple needs without us.
$(B)/tests/purple_alone: tests/backends/purple_alone.c $(B)/flags
	@mkdir -p $(@D)
	$(call SAY,LD,$@) $(CC) -std=c11 $(CPPFLAGS) $(PURPLE_CFLAGS) \
		$(WARN) $(CFLAGS) -o $@ $< $(PURPLE_LIBS)
all: $(B)/tests/purple_alone
endif

.PHONY: unit unit-programs layers
unit: $(UNIT)
	@tests/run-unit.sh $(UNIT)

unit-programs: $(UNIT)

layers:
	@tests/layers.sh

# tests/fuzz/fuzz_NAME.c: clang's libFuzzer, compiled from sources as a whole.
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
ifneq ($(HAVE_TWITTER),1)
FUZZ := $(filter-out $(B)/fuzz/fuzz_twitter_%,$(FUZZ))
endif
ifneq ($(HAVE_XMPP),1)
FUZZ := $(filter-out $(B)/fuzz/fuzz_remote_%,$(FUZZ))
endif
define fuzzer
$(B)/fuzz/$(1): tests/fuzz/$(1).c \
		$(foreach a,$(call links,tests/fuzz/$(1).c),$(patsubst $(B)/obj/%.o,%.c,$($(a)_OBJS)))
	@mkdir -p $$(@D)
	$$(call SAY,FUZZ,$$@) clang -std=c11 $$(CPPFLAGS) -g -O1 -pthread \
		-gdwarf-4 -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined -o $$@ $$(filter %.c,$$^) \
		$$(MANAGER_LIBS) \
		$(if $(filter twitter%,$(call links,tests/fuzz/$(1).c)),$$(TWITTER_LIBS)) \
		$(if $(filter remote%,$(call links,tests/fuzz/$(1).c)),$$(STROPHE_LIBS))
endef
$(foreach t,$(notdir $(FUZZ)),$(eval $(call fuzzer,$(t))))

.PHONY: fuzz
FUZZ_SECONDS ?= 60
fuzz: $(FUZZ)		## every decoder against random input (FUZZ_SECONDS=60 each)
	@tests/run-fuzz.sh $(FUZZ_SECONDS) $(FUZZ)

# tests/chaos: a load in C, driven by a script.
$(B)/chaos/load: $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/chaos/*.c)) \
		$(call A,util)
	@mkdir -p $(@D)
	$(call SAY,LD,$@) $(CC) $(LINK) -pthread -o $@ $^
ALL_OBJS += $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/chaos/*.c))

.PHONY: check-quick check-e2e check bench chaos soak
check-quick: all layers unit	## build, layers and unit tests: under a minute

K ?=
check-e2e: all		## end-to-end tests (K=pattern picks some)
	@B=$(abspath $(B)) tests/run-e2e.sh "$(K)"

check:			## set up, build, run every test
	@tests/check.sh

bench: all		## CPU, memory and latency beside Debian's biboumi
	@B=$(abspath $(B)) tests/bench/bench.sh

MESSAGES ?= 10000000
soak: all		## many messages, flat memory (MESSAGES=10000000)
	@B=$(abspath $(B)) SOAK=$(MESSAGES) tests/bench/bench.sh

SECONDS ?= 120
SEED ?=
CHAOS =
chaos: all $(B)/chaos/load	## everything dies and restarts under load (SECONDS=120, SEED=n)
	@B=$(abspath $(B)) PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 \
		tests/chaos/chaos.py --seconds $(SECONDS) \
		$(if $(SEED),--seed $(SEED)) $(CHAOS)

# ------------------------------------------------------------- set up and run
# On all cores, unless the caller said how many.
BUILD_ALL = $(MAKE) --no-print-directory all \
	$(if $(findstring --jobserver,$(MAKEFLAGS)),,-j$(shell nproc || echo 1))

.PHONY: deps deps-test run demo
deps:			## install what the build needs (apt)
	@scripts/deps.sh build purple twitter xmpp

deps-test:		## install what the tests need (apt, npm)
	@scripts/deps.sh build purple twitter xmpp test
	@tests/npm.sh

# "exec": a signal to make alone reaches what it runs.
run:			## set up, build, serve IRC to XMPP clients on 127.0.0.1:5222
	@scripts/deps.sh build run
	@$(BUILD_ALL)
	@exec env B=$(abspath $(B)) examples/run.sh

demo:			## set up, build, show a conversation between two users over a local ngircd
	@scripts/deps.sh build demo
	@$(BUILD_ALL)
	@exec env B=$(abspath $(B)) examples/demo.sh

# -------------------------------------------------------------------- install
BINDIR     := $(PREFIX)/bin
LIBEXECDIR := $(PREFIX)/libexec
MANDIR     := $(PREFIX)/share/man
BACKENDS    = $(filter %_backend,$(notdir $(PROGRAMS)))
# The names that configurations written for the C++ program say.
ALIASES    := libcommuni:irc libpurple:purple swiften:xmpp
.PHONY: install uninstall
INSTALL = B=$(B) DESTDIR='$(DESTDIR)' BINDIR=$(BINDIR) \
	LIBEXECDIR=$(LIBEXECDIR) MANDIR=$(MANDIR) SYSCONFDIR=$(SYSCONFDIR) \
	LOCALSTATEDIR=$(LOCALSTATEDIR) BACKENDS='$(BACKENDS)' \
	ALIASES='$(ALIASES)' scripts/install.sh
install: all		## install below DESTDIR, PREFIX, SYSCONFDIR
	@$(INSTALL) install

# Whichever of them were built when it was installed.
uninstall: BACKENDS = $(patsubst %,spectrum2_%_backend,irc purple twitter xmpp)
uninstall:		## remove what install put there, but for the settings
	@$(INSTALL) uninstall

.PHONY: clean help
clean:			## remove build/
	rm -rf build

help:			## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 24

-include $(ALL_OBJS:.o=.d)
