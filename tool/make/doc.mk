# doc.mk - the book: every page of the tree as HTML in build/doc, with the reference of system calls that the contract's
# compiler writes and that of protocols (tool/idl). The picture of a session is kept in the tree; it is drawn anew only when asked for by name.

DOC       := build/doc
DOC_PAGES := $(shell find . -path ./build -prune -o -name '.?*' -prune -o -name '*.md' -print)

$(GEN)/reference/README.md: $(wildcard abi/*.toml tool/contract/*.py)
	$(call say,CONTRACT,$(@D))rm -rf $(@D) && mkdir -p $(@D) && $(PYTHON) $(CONTRACT) --reference $(@D)
$(DOC)/index.html: $(GEN)/reference/README.md $(GEN)/interface/README.md $(DOC_PAGES) $(wildcard doc/picture/* tool/doc/*.py) tool/make/doc.mk
	$(call say,BOOK,$@)$(PYTHON) tool/doc/book.py --reference $(GEN)/reference --interfaces $(GEN)/interface --out $(DOC)

.PHONY: doc doc-picture
doc: $(DOC)/index.html ; @:
doc-picture: $(B)/image
	$(call say,PICTURE,doc/picture/session.svg)$(PYTHON) tool/doc/picture.py --image $< --out doc/picture/session.svg
