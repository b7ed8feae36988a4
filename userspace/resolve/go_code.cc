// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/go_code.h"

#include <capstone/capstone.h>

#include <utility>

#include "userspace/resolve/disassembler.h"

namespace scopetrace {
namespace {

constexpr std::int64_t kStackGuard = 16;  // of runtime.g, behind the bounds of its stack
constexpr std::int64_t kFirstHome = 8;    // from the return address: RAX
constexpr std::int64_t kSecondHome = 16;  // RBX
constexpr std::int64_t kBehindHomes = 24;

bool is_register(const cs_x86_op& operand, x86_reg reg) {
  return operand.type == X86_OP_REG && operand.reg == reg;
}

bool is_memory(const cs_x86_op& operand, x86_reg base) {
  return operand.type == X86_OP_MEM && operand.mem.base == base &&
         operand.mem.index == X86_REG_INVALID;
}

bool is_return(csh handle, const cs_insn& instruction) {
  return cs_insn_group(handle, &instruction, CS_GRP_RET);
}

bool is_jump(csh handle, const cs_insn& instruction) {
  return cs_insn_group(handle, &instruction, CS_GRP_JUMP);
}

// `cmp rsp, [r14+16]`, for larger frames with r12 in place of rsp.
bool is_guard_check(const cs_insn& instruction) {
  const cs_x86& x86 = instruction.detail->x86;
  return instruction.id == X86_INS_CMP && x86.op_count == 2 &&
         (is_register(x86.operands[0], X86_REG_RSP) || is_register(x86.operands[0], X86_REG_R12)) &&
         is_memory(x86.operands[1], X86_REG_R14) && x86.operands[1].mem.disp == kStackGuard;
}

// `lea r12, [rsp-N]`
bool is_frame_end(const cs_insn& instruction) {
  const cs_x86& x86 = instruction.detail->x86;
  return instruction.id == X86_INS_LEA && is_register(x86.operands[0], X86_REG_R12) &&
         is_memory(x86.operands[1], X86_REG_RSP);
}

// The stack check that a function begins with; steps through its two or three instructions.
class StackCheck {
 public:
  enum class Step { kGoesOn, kDone, kFailed };

  Step step(const cs_insn& instruction) {
    if (has_compared_) return instruction.id == X86_INS_JBE ? Step::kDone : Step::kFailed;
    has_compared_ = is_guard_check(instruction);
    const bool is_first = !std::exchange(has_begun_, true);
    return has_compared_ || (is_first && is_frame_end(instruction)) ? Step::kGoesOn : Step::kFailed;
  }

 private:
  bool has_begun_ = false;
  bool has_compared_ = false;
};

// Follows what is done to the two places in the caller's frame where RAX and RBX belong.
class Homes {
 public:
  // One instruction of the body, in order of address.
  void step(csh handle, const cs_insn& instruction) {
    const bool branches = is_jump(handle, instruction) || instruction.id == X86_INS_CALL;
    if (instruction.id == X86_INS_PUSH) frame_ += 8;
    if (is_frame_allocation(instruction)) frame_ += instruction.detail->x86.operands[1].imm;
    if (has_branched_ || !is_home_store(instruction)) note_touch(instruction);
    has_branched_ = has_branched_ || branches;
    if (has_branched_ && stores_ != 2) is_broken_ = true;
  }

  bool are_kept() const { return stores_ == 2 && !is_broken_; }

 private:
  static bool is_frame_allocation(const cs_insn& instruction) {
    const cs_x86& x86 = instruction.detail->x86;
    return instruction.id == X86_INS_SUB && is_register(x86.operands[0], X86_REG_RSP) &&
           x86.operands[1].type == X86_OP_IMM;
  }

  // `mov [home], rax` the first time, or rbx with its own; counts it.
  bool is_home_store(const cs_insn& instruction) {
    const cs_x86& x86 = instruction.detail->x86;
    if (instruction.id != X86_INS_MOV || !is_memory(x86.operands[0], X86_REG_RSP)) return false;
    const std::int64_t at = x86.operands[0].mem.disp - frame_;
    const bool is_first = at == kFirstHome && is_register(x86.operands[1], X86_REG_RAX);
    const bool is_second = at == kSecondHome && is_register(x86.operands[1], X86_REG_RBX);
    if (!is_first && !is_second) return false;
    bool& is_stored = is_first ? has_first_ : has_second_;
    if (is_stored || is_written_[is_first ? 0 : 1]) is_broken_ = true;
    is_stored = true;
    ++stores_;
    return true;
  }

  // Anything else that writes the homes or takes their address ends the proof, as does a change of
  // the registers before they are stored.
  void note_touch(const cs_insn& instruction) {
    const cs_x86& x86 = instruction.detail->x86;
    for (std::uint8_t i = 0; i < x86.op_count; ++i) {
      const cs_x86_op& operand = x86.operands[i];
      const bool writes = (operand.access & CS_AC_WRITE) != 0;
      if (writes && is_register(operand, X86_REG_RAX)) is_written_[0] = true;
      if (writes && is_register(operand, X86_REG_RBX)) is_written_[1] = true;
      const bool takes = writes || instruction.id == X86_INS_LEA;
      if (takes && operand.type == X86_OP_MEM && touches_homes(operand)) is_broken_ = true;
    }
  }

  bool touches_homes(const cs_x86_op& operand) const {
    if (operand.mem.base != X86_REG_RSP) return false;
    const std::int64_t start = operand.mem.disp - frame_;
    const std::int64_t size = operand.size == 0 ? 1 : operand.size;
    return operand.mem.index != X86_REG_INVALID ? start >= 0
                                                : start < kBehindHomes && start + size > kFirstHome;
  }

  std::int64_t frame_ = 0;  // bytes between RSP and the return address
  int stores_ = 0;
  bool has_first_ = false;
  bool has_second_ = false;
  bool has_branched_ = false;
  bool is_broken_ = false;
  bool is_written_[2] = {false, false};
};

// Reads one function instruction by instruction.
class CodeReader {
 public:
  CodeReader(csh handle, std::uint64_t size) : handle_(handle), size_(size) {}

  // False: this is not code that can be probed.
  bool step(const cs_insn& instruction) {
    if (is_jump(handle_, instruction) && leaves(instruction)) return false;
    if (!is_checked_) return step_check(instruction);
    if (is_return(handle_, instruction)) code_.returns.push_back(instruction.address);
    // Behind it the stack grows, and the function begins again.
    if (instruction.address < grow_at_) homes_.step(handle_, instruction);
    return true;
  }

  std::optional<GoCode> take() {
    if (!is_checked_ || code_.returns.empty()) return std::nullopt;
    code_.is_homed = homes_.are_kept();
    return std::move(code_);
  }

 private:
  bool step_check(const cs_insn& instruction) {
    const StackCheck::Step step = check_.step(instruction);
    if (step == StackCheck::Step::kDone) {
      is_checked_ = true;
      code_.entry = instruction.address;
      grow_at_ = static_cast<std::uint64_t>(instruction.detail->x86.operands[0].imm);
    }
    return step != StackCheck::Step::kFailed;
  }

  // Whether a jump with a fixed target goes out of the function.
  bool leaves(const cs_insn& instruction) const {
    const cs_x86_op& target = instruction.detail->x86.operands[0];
    return target.type == X86_OP_IMM && static_cast<std::uint64_t>(target.imm) >= size_;
  }

  csh handle_;
  std::uint64_t size_;
  StackCheck check_;
  Homes homes_;
  GoCode code_;
  std::uint64_t grow_at_ = 0;
  bool is_checked_ = false;
};

}  // namespace

std::optional<GoCode> read_go_code(Bytes code) {
  const Disassembler disassembler;
  if (disassembler.get() == 0 || code.size() > kMaxGoCodeBytes) return std::nullopt;
  const Instruction instruction(cs_malloc(disassembler.get()));
  CodeReader reader(disassembler.get(), code.size());
  const auto* next = reinterpret_cast<const std::uint8_t*>(code.data());
  std::size_t left = code.size();
  std::uint64_t address = 0;
  while (left > 0) {
    if (!cs_disasm_iter(disassembler.get(), &next, &left, &address, instruction.get()) ||
        !reader.step(*instruction)) {
      return std::nullopt;
    }
  }
  return reader.take();
}

}  // namespace scopetrace
