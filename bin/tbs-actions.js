#!/usr/bin/env node
import process from 'node:process';
import { tbsActions } from '../build/ts-core/actions/main.js';

process.exitCode = await tbsActions(process.argv.slice(2));
