import { auditCases } from "./audit.cases.ts";

auditCases("fast");
