#!/bin/sh
# shellcheck: SC2086
rm -rf $1/*
