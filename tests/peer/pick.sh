#!/bin/sh
# pick.sh - our sampler's stages beside llama.cpp's.
exec "${B:-build}/tests/peer/pick_peer"
