// SPDX-License-Identifier: Apache-2.0
#include "tests/support/go_image.h"

#include <elf.h>

#include <cstring>
#include <string_view>

namespace scopetrace::testing {
namespace {

constexpr std::uint64_t kHeaders = 6;
constexpr std::uint64_t kTableAddress = kGoBase + kGoTableOffset;
constexpr std::uint64_t kDataAddress = kGoBase + 3 * kGoPage;
constexpr std::uint64_t kNoteOffset = 512;
constexpr std::uint64_t kDynamicOffset = 3 * kGoPage + 512;
constexpr std::uint64_t kRelocationOffset = kDynamicOffset + 256;

template <class T>
void put(std::string& file, std::uint64_t offset, const T& value) {
  std::memcpy(file.data() + offset, &value, sizeof(value));
}
void put_text(std::string& file, std::uint64_t offset, std::string_view text) {
  file.replace(offset, text.size(), text);
}
template <class T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

Elf64_Phdr program_header(std::uint32_t type, std::uint32_t flags, std::uint64_t offset,
                          std::uint64_t size) {
  Elf64_Phdr header{};
  header.p_type = type;
  header.p_flags = flags;
  header.p_offset = offset;
  header.p_vaddr = kGoBase + offset;
  header.p_filesz = header.p_memsz = size;
  return header;
}

void put_headers(std::string& file, bool has_note) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof(header);
  header.e_ehsize = sizeof(header);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = kHeaders - (has_note ? 0 : 1);
  put(file, 0, header);
  const Elf64_Phdr headers[kHeaders] = {program_header(PT_LOAD, PF_R | PF_X, kGoPage, kGoPage),
                                        program_header(PT_LOAD, PF_R, 2 * kGoPage, kGoPage),
                                        program_header(PT_LOAD, PF_R | PF_W, 3 * kGoPage, kGoPage),
                                        program_header(PT_DYNAMIC, PF_R, kDynamicOffset, 128),
                                        program_header(PT_GNU_STACK, PF_R | PF_W, 0, 0),
                                        program_header(PT_NOTE, PF_R, kNoteOffset, 64)};
  put(file, sizeof(header), headers);
}

void put_note(std::string& file) {
  put(file, kNoteOffset, Elf64_Nhdr{4, 4, NT_GNU_BUILD_ID});  // the linker's own comes first
  put_text(file, kNoteOffset + sizeof(Elf64_Nhdr), "GNU");
  const std::uint64_t second = kNoteOffset + sizeof(Elf64_Nhdr) + 8;
  put(file, second, Elf64_Nhdr{4, 4, 4});
  put_text(file, second + sizeof(Elf64_Nhdr), "Go");
}

void put_information(std::string& file, const GoImageSpec& spec) {
  const std::uint64_t at = 3 * kGoPage + 16;  // not the first thing in its segment
  put_text(file, at, "\xff Go buildinf:\x08");
  file[at + 15] = spec.has_pointers ? 0 : 2;
  if (!spec.has_pointers) {
    file[at + 32] = static_cast<char>(spec.version.size());
    put_text(file, at + 33, spec.version);
    return;
  }
  const std::uint64_t text = kDataAddress + 256;
  put(file, at + 16, kDataAddress + 128);
  put(file, 3 * kGoPage + 128, text);
  put(file, 3 * kGoPage + 136, std::uint64_t{spec.version.size()});
  put_text(file, 3 * kGoPage + 256, spec.version);
}

// The addresses of the functions and that of their end.
std::vector<std::uint64_t> put_code(std::string& file, const GoImageSpec& spec) {
  std::vector<std::uint64_t> addresses;
  std::uint64_t at = kGoPage;
  for (const auto& [name, code] : spec.functions) {
    addresses.push_back(kGoBase + at);
    put_text(file, at, code);
    at += code.size();
  }
  addresses.push_back(kGoBase + at);
  return addresses;
}

// A table in one of the three layouts.
std::string make_table(const GoImageSpec& spec, const std::vector<std::uint64_t>& addresses) {
  const bool is_old = spec.magic == kGoTable116;
  const std::uint64_t width = is_old ? 8 : 4;
  const std::uint64_t header_bytes = is_old ? 8 + 7 * 8 : 8 + 8 * 8;
  std::string names;
  std::string entries;
  std::string information;
  const std::uint64_t entries_bytes = (2 * spec.functions.size() + 1) * width;
  const auto number = [&](std::string& out, std::uint64_t value) {
    is_old ? append(out, value) : append(out, static_cast<std::uint32_t>(value));
  };
  const std::uint64_t base = is_old ? 0 : kGoCodeAddress;
  for (std::size_t i = 0; i < spec.functions.size(); ++i) {
    number(entries, addresses[i] - base);
    number(entries, entries_bytes + information.size());
    number(information, addresses[i] - base);
    append(information, static_cast<std::uint32_t>(names.size()));
    names += spec.functions[i].first + '\0';
  }
  number(entries, addresses.back() - base);

  std::string table;
  append(table, spec.magic);
  table += std::string("\0\0\x01\x08", 4);
  append(table, std::uint64_t{spec.functions.size()});
  append(table, std::uint64_t{1});  // files
  if (!is_old) append(table, spec.is_relocated ? 0 : kGoCodeAddress);
  append(table, header_bytes);                              // names
  for (int i = 0; i < 3; ++i) append(table, header_bytes);  // not looked at
  append(table, header_bytes + names.size());               // functions
  return table + names + entries + information;
}

void put_relocation(std::string& file) {
  const Elf64_Dyn dynamic[] = {{DT_RELA, {kGoBase + kRelocationOffset}},
                               {DT_RELASZ, {2 * sizeof(Elf64_Rela)}},
                               {DT_NULL, {0}}};
  put(file, kDynamicOffset, dynamic);
  const Elf64_Rela relocations[] = {{kDataAddress, ELF64_R_INFO(0, R_X86_64_RELATIVE), 1},
                                    {kTableAddress + 24, ELF64_R_INFO(0, R_X86_64_RELATIVE),
                                     static_cast<Elf64_Sxword>(kGoCodeAddress)}};
  put(file, kRelocationOffset, relocations);
}

}  // namespace

std::string go_function_code() {
  using namespace std::string_view_literals;
  const std::string_view code =
      "\x49\x3b\x66\x10"      // cmp rsp, [r14+16]
      "\x76\x24"              // jbe: grow the stack
      "\x55"                  // push rbp
      "\x48\x89\xe5"          // mov rbp, rsp
      "\x48\x83\xec\x10"      // sub rsp, 16
      "\x48\x89\x44\x24\x20"  // mov [rsp+32], rax
      "\x48\x89\x5c\x24\x28"  // mov [rsp+40], rbx
      "\x48\x85\xc0"          // test rax, rax
      "\x74\x07"              // je: the second return
      "\x48\x83\xc4\x10"      // add rsp, 16
      "\x5d\xc3"              // pop rbp; ret
      "\x90"                  // nop
      "\x48\x83\xc4\x10"      // add rsp, 16
      "\x5d\xc3"              // pop rbp; ret
      "\x48\x89\x44\x24\x08"  // mov [rsp+8], rax
      "\xe8\x00\x00\x00\x00"  // call: grow
      "\x48\x8b\x44\x24\x08"  // mov rax, [rsp+8]
      "\xeb\xc5"sv;           // jmp: begin again
  return std::string(code);
}

GoImageSpec go_program() {
  GoImageSpec spec;
  for (const char* name :
       {"runtime.text", "net.(*conn).Close", "net.(*TCPConn).Close", "crypto/tls.(*Conn).Write",
        "crypto/tls.(*Conn).Read", "crypto/tls.(*Conn).Readable", "crypto/tls.(*Conn).Close"}) {
    spec.functions.emplace_back(name, go_function_code());
  }
  return spec;
}

std::string build_go_image(const GoImageSpec& spec) {
  std::string file(4 * kGoPage, '\0');
  put_headers(file, spec.has_note);
  if (spec.has_note) put_note(file);
  if (spec.has_information) put_information(file, spec);
  put_text(file, kGoTableOffset, make_table(spec, put_code(file, spec)));
  if (spec.is_relocated) put_relocation(file);
  return file;
}

}  // namespace scopetrace::testing
