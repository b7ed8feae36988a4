// SPDX-License-Identifier: Apache-2.0
// An open disassembler for x86-64 and an instruction that is freed.
#pragma once

#include <capstone/capstone.h>

#include <memory>

namespace scopetrace {

// Owns a handle of capstone with details switched on. 0: could not be opened. One thread.
class Disassembler {
 public:
  Disassembler() {
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle_) != CS_ERR_OK) handle_ = 0;
    if (handle_ != 0) cs_option(handle_, CS_OPT_DETAIL, CS_OPT_ON);
  }
  ~Disassembler() {
    if (handle_ != 0) cs_close(&handle_);
  }
  Disassembler(const Disassembler&) = delete;
  Disassembler& operator=(const Disassembler&) = delete;
  csh get() const { return handle_; }

 private:
  csh handle_ = 0;
};

struct FreeInstruction {
  void operator()(cs_insn* instruction) const { cs_free(instruction, 1); }
};
// Reused for one decoded instruction after the other.
using Instruction = std::unique_ptr<cs_insn, FreeInstruction>;

}  // namespace scopetrace
