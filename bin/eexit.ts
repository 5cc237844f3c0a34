#!/usr/bin/env node
import { main } from "../commands/main.ts";

void main(process);
